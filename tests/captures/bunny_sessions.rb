# Sessions played by bunny. Usage: bunny_sessions.rb --list | SESSION PORT
require "bunny"
require "timeout"

# Every session has a sentence and a block, which gets an open channel.
SESSIONS = {
  "queues" => ["queue.declare, bind, unbind, purge and delete, with arguments", lambda { |channel|
    queue = channel.queue("tasks", durable: true, arguments: {
      "x-max-length" => 10, "x-message-ttl" => 60_000, "x-overflow" => "reject-publish"
    })
    exchange = channel.topic("amq.topic")
    queue.bind(exchange, routing_key: "task.*", arguments: { "weight" => 5 })
    exchange.publish("one", routing_key: "task.a")
    exchange.publish("two", routing_key: "task.b")
    queue.purge
    queue.unbind(exchange, routing_key: "task.*", arguments: { "weight" => 5 })
    queue.delete
    channel.queue("", exclusive: true).delete
  }],
  "exchanges" => ["exchange.declare, bind, unbind and delete", lambda { |channel|
    source = channel.fanout("news", durable: true, arguments: { "alternate-exchange" => "amq.fanout" })
    target = channel.direct("local", auto_delete: true)
    headers = channel.headers("by-header", internal: true)
    target.bind(source, routing_key: "all")
    headers.bind(source, arguments: { "x-match" => "any", "kind" => "news", "urgent" => true })
    headers.unbind(source, arguments: { "x-match" => "any", "kind" => "news", "urgent" => true })
    target.unbind(source, routing_key: "all")
    [headers, target, source].each(&:delete)
  }],
  "consume" => ["qos, consume, deliveries acknowledged, nacked and rejected, cancel", lambda { |channel|
    channel.prefetch(2)
    queue = channel.queue("work", exclusive: true)
    5.times { |i| queue.publish("task #{i}", persistent: true, content_type: "text/plain") }
    got = Queue.new
    consumer = Bunny::Consumer.new(channel, queue, "work-tag", false, false, { "x-priority" => 5 })
    consumer.on_delivery { |info, _properties, _body| got << info }
    queue.subscribe_with(consumer)
    channel.ack(got.pop.delivery_tag)
    channel.nack(got.pop.delivery_tag, false, true)
    channel.reject(got.pop.delivery_tag, false)
    got.pop
    channel.ack(got.pop.delivery_tag, true)
    got.pop
    consumer.cancel
    queue.delete
  }],
}

if ARGV == ["--list"]
  SESSIONS.each { |name, (about, _)| puts "#{name}\t#{about}" }
else
  name, port = ARGV
  Timeout.timeout(60) do
    connection = Bunny.new(host: "127.0.0.1", port: port.to_i, automatically_recover: false)
    connection.start
    SESSIONS.fetch(name)[1].call(connection.create_channel)
    connection.close
  end
end
