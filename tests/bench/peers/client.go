// The workloads of ../client.cpp through amqp091-go:
//
//	PROGRAM MODE PORT COUNT BODY WINDOW CHANNELS
//
// A goroutine publishes or consumes for each channel, as a Go program would.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

type workload struct {
	mode     string
	count    int
	window   int
	channels int
	message  amqp.Publishing
}

func must(err error) {
	if err != nil {
		log.Fatalf("amqp091-go: %v", err)
	}
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	must(err)
	return value
}

// The messages of channel number i, and its window.
func (what workload) share(i int) (count, window int) {
	count = what.count / what.channels
	if i < what.count%what.channels {
		count++
	}
	window = what.window / what.channels
	if window == 0 {
		window = 1
	}
	return count, window
}

// Not by deferred confirmations: version 1.5.0 notes one after the message has left, and a confirm
// that comes sooner is lost.
func publishConfirmed(on *amqp.Channel, count, window int, message amqp.Publishing) {
	confirmed := on.NotifyPublish(make(chan amqp.Confirmation, window))
	outstanding := 0
	take := func() {
		if one := <-confirmed; !one.Ack {
			log.Fatal("amqp091-go: a message was not confirmed")
		}
		outstanding--
	}
	for i := 0; i < count; i++ {
		for outstanding == window {
			take()
		}
		must(on.PublishWithContext(context.Background(), "", "q", false, false, message))
		outstanding++
	}
	for outstanding > 0 {
		take()
	}
}

// A blocking write holds it up; the answer at the end shows that all has arrived.
func publishUnconfirmed(on *amqp.Channel, count int, message amqp.Publishing) {
	for i := 0; i < count; i++ {
		must(on.PublishWithContext(context.Background(), "", "q", false, false, message))
	}
	_, err := on.QueueDeclarePassive("q", true, false, false, false, nil)
	must(err)
}

func publish(channels []*amqp.Channel, what workload) {
	if what.mode == "publish" {
		for _, each := range channels {
			must(each.Confirm(false))
		}
	}
	began := now()
	var all sync.WaitGroup
	for i, each := range channels {
		count, window := what.share(i)
		all.Add(1)
		go func(on *amqp.Channel) {
			defer all.Done()
			if what.mode == "publish" {
				publishConfirmed(on, count, window, what.message)
			} else {
				publishUnconfirmed(on, count, what.message)
			}
		}(each)
	}
	all.Wait()
	began.report(what, "")
}

func consume(channels []*amqp.Channel, what workload) {
	var sources []<-chan amqp.Delivery
	for i, each := range channels {
		_, window := what.share(i)
		must(each.Qos(window, 0, false))
		source, err := each.Consume("q", "", false, false, false, false, nil)
		must(err)
		sources = append(sources, source)
	}
	began := now()
	left, due := int64(what.count), int64(what.count)
	ended := make(chan bool)
	for _, each := range sources {
		go func(source <-chan amqp.Delivery) {
			for delivery := range source {
				if atomic.AddInt64(&left, -1) < 0 {
					return
				}
				must(delivery.Ack(false))
				if atomic.AddInt64(&due, -1) == 0 {
					close(ended)
				}
			}
		}(each)
	}
	<-ended
	began.report(what, "")
}

func roundtrip(on *amqp.Channel, what workload) {
	source, err := on.Consume("q", "", true, false, false, false, nil)
	must(err)
	times := make([]float64, what.count)
	began := now()
	for i := range times {
		sent := time.Now()
		must(on.PublishWithContext(context.Background(), "", "q", false, false, what.message))
		<-source
		times[i] = float64(time.Since(sent).Nanoseconds()) / 1e3
	}
	sort.Float64s(times)
	began.report(what, fmt.Sprintf(", \"p50_us\": %.1f, \"p99_us\": %.1f",
		times[len(times)/2], times[len(times)*99/100]))
}

type moment struct {
	wall  time.Time
	usage syscall.Rusage
}

func now() moment {
	var result moment
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &result.usage))
	result.wall = time.Now()
	return result
}

func microseconds(of syscall.Timeval) float64 {
	return float64(of.Sec)*1e6 + float64(of.Usec)
}

func peakKiB() int {
	status, err := os.ReadFile("/proc/self/status")
	must(err)
	for _, line := range strings.Split(string(status), "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "VmHWM:" {
			return number(words[1])
		}
	}
	return 0
}

func (since moment) report(what workload, more string) {
	end := now()
	user := microseconds(end.usage.Utime) - microseconds(since.usage.Utime)
	system := microseconds(end.usage.Stime) - microseconds(since.usage.Stime)
	count := float64(what.count)
	fmt.Printf("{\"name\": \"amqp091-go %s\", \"messages\": %d, \"messages_per_s\": %.1f, "+
		"\"cpu_us_per_message\": %.4f, \"user_us_per_message\": %.4f, \"rss_kib\": %d%s}\n",
		what.mode, what.count, count/end.wall.Sub(since.wall).Seconds(),
		(user+system)/count, user/count, peakKiB(), more)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println(runtime.Version())
		return
	}
	if len(os.Args) != 7 {
		log.Fatalf("usage: %s MODE PORT COUNT BODY WINDOW CHANNELS", os.Args[0])
	}
	what := workload{
		mode: os.Args[1], count: number(os.Args[3]),
		window: number(os.Args[5]), channels: number(os.Args[6]),
		message: amqp.Publishing{
			DeliveryMode: amqp.Persistent, Body: bytes.Repeat([]byte("x"), number(os.Args[4]))},
	}
	connection, err := amqp.DialConfig("amqp://guest:guest@127.0.0.1:"+os.Args[2]+"/", amqp.Config{})
	must(err)
	var channels []*amqp.Channel
	for i := 0; i < what.channels; i++ {
		channel, err := connection.Channel()
		must(err)
		channels = append(channels, channel)
	}
	switch what.mode {
	case "publish", "publish-unconfirmed":
		publish(channels, what)
	case "consume":
		consume(channels, what)
	case "roundtrip":
		roundtrip(channels[0], what)
	default:
		log.Fatalf("amqp091-go: no mode %s", what.mode)
	}
	must(connection.Close())
}
