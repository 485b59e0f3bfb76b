// The workloads of ../client.cpp through amqplib's callback interface, the lighter of its two:
//
//     client.js MODE PORT COUNT BODY WINDOW CHANNELS
"use strict";
const fs = require("fs");
const amqp = require("amqplib/callback_api");

const [mode, port] = process.argv.slice(2, 4);
const [count, bodySize, windowSize, channelCount] = process.argv.slice(4).map(Number);
const body = Buffer.alloc(bodySize, "x");
const windowOfChannel = Math.max(Math.floor(windowSize / channelCount), 1);

let unsent = count;
let due = count;
let since;
let finish;
const early = [];  // deliveries from before the clock started

function must(error) {
  if (error) {
    console.error(`amqplib: ${error.message || error}`);
    process.exit(1);
  }
}

function microseconds() {
  return Number(process.hrtime.bigint()) / 1e3;
}

function report(more) {
  const wall = microseconds() - since.wall;
  const cpu = process.cpuUsage(since.cpu);
  const status = fs.readFileSync("/proc/self/status", "latin1");
  console.log(JSON.stringify({
    name: `amqplib ${mode}`,
    messages: count,
    messages_per_s: count / wall * 1e6,
    cpu_us_per_message: (cpu.user + cpu.system) / count,
    user_us_per_message: cpu.user / count,
    rss_kib: Number(/VmHWM:\s*(\d+)/.exec(status)[1]),
    ...more,
  }));
}

function settle(settled) {
  due -= settled;
  if (due === 0)
    finish();
}

function publish(channel, done) {
  unsent -= 1;
  return channel.publish("", "q", body, {persistent: true}, done);
}

function publishConfirmed(channel) {
  function confirmed(error) {
    must(error);
    settle(1);
    if (unsent > 0)
      publish(channel, confirmed);
  }
  for (let i = 0; i < windowOfChannel && unsent > 0; ++i)
    publish(channel, confirmed);
}

// What it writes waits in memory: what is asked behind a batch keeps the next one back, and at the
// end it shows that all has arrived.
function publishBatch(channel) {
  let published = 0;
  for (; published < windowOfChannel && unsent > 0; ++published)
    publish(channel);
  if (published === 0)
    return;
  channel.checkQueue("q", (error) => {
    must(error);
    settle(published);
    publishBatch(channel);
  });
}

function takeAndAck(channel, message) {
  if (!since) {
    early.push([channel, message]);
    return;
  }
  if (due === 0)
    return;
  channel.ack(message);
  settle(1);
}

function roundtrip(channel, ready) {
  const times = [];
  let sent;
  const send = () => {
    sent = microseconds();
    publish(channel);
  };
  channel.consume("q", () => {
    times.push(microseconds() - sent);
    if (times.length < count) {
      settle(1);
      return send();
    }
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.floor(times.length * share)];
    finish({p50_us: at(0.5), p99_us: at(0.99)});
  }, {noAck: true}, (error) => {
    must(error);
    ready(send);
  });
}

// Calls `ready` with what is to be done with the channel once all are ready.
function prepare(channel, ready) {
  if (mode === "publish")
    return ready(() => publishConfirmed(channel));
  if (mode === "publish-unconfirmed")
    return ready(() => publishBatch(channel));
  if (mode === "roundtrip")
    return roundtrip(channel, ready);
  channel.prefetch(windowOfChannel);
  channel.consume("q", (message) => takeAndAck(channel, message), {}, (error) => {
    must(error);
    ready(() => {});
  });
}

function run(connection) {
  const starts = [];
  const channels = [];
  const open = mode === "publish" ? "createConfirmChannel" : "createChannel";
  const next = () => connection[open]((error, channel) => {
    must(error);
    channels.push(channel);
    prepare(channel, (start) => {
      starts.push(start);
      if (starts.length < channelCount)
        return next();
      since = {wall: microseconds(), cpu: process.cpuUsage()};
      for (const each of starts)
        each();
      for (const each of early)
        takeAndAck(...each);
    });
  });
  // A connection's close overtakes what its channels have not written yet.
  const close = () => {
    if (channels.length > 0)
      channels.pop().close(close);
    else
      connection.close();
  };
  finish = (more) => {
    report(more);
    close();
  };
  next();
}

if (process.argv.length !== 8 ||
    !["publish", "publish-unconfirmed", "consume", "roundtrip"].includes(mode)) {
  console.error("usage: client.js MODE PORT COUNT BODY WINDOW CHANNELS");
  process.exit(2);
}
amqp.connect(`amqp://guest:guest@127.0.0.1:${port}/`, {noDelay: true}, (error, connection) => {
  must(error);
  connection.on("error", must);
  run(connection);
});
