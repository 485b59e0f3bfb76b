// Sessions played by amqp091-go. Usage: go_sessions --list | SESSION PORT
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

type session struct {
	name, about string
	play        func(url string)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(url string) (*amqp.Connection, *amqp.Channel) {
	connection, err := amqp.DialConfig(url, amqp.Config{Heartbeat: 60 * time.Second,
		Properties: amqp.Table{"product": "amqp091-go", "connection_name": "recorder"}})
	must(err)
	channel, err := connection.Channel()
	must(err)
	return connection, channel
}

func publish(channel *amqp.Channel, queue string, mandatory bool, message amqp.Publishing) {
	must(channel.PublishWithContext(context.Background(), "", queue, mandatory, false, message))
}

func text(body string) amqp.Publishing {
	return amqp.Publishing{ContentType: "text/plain", DeliveryMode: amqp.Persistent,
		Body: []byte(body)}
}

func await[T any](from <-chan T) T {
	select {
	case value := <-from:
		return value
	case <-time.After(30 * time.Second):
		log.Fatal("the broker did not do what it should")
		panic("unreachable")
	}
}

func handshake(url string) {
	connection, err := amqp.Dial(url)
	must(err)
	must(connection.Close())
}

func vhostRefused(url string) {
	_, err := amqp.Dial(url + "nowhere")
	var refused *amqp.Error
	if !errors.As(err, &refused) {
		log.Fatal("the broker took a vhost that does not exist: ", err)
	}
}

func returned(url string) {
	connection, channel := connect(url)
	must(channel.Confirm(false))
	returns := channel.NotifyReturn(make(chan amqp.Return, 1))
	confirms := channel.NotifyPublish(make(chan amqp.Confirmation, 1))
	publish(channel, "nowhere", true, text("comes back"))
	if await(returns).ReplyCode != amqp.NoRoute || !await(confirms).Ack {
		log.Fatal("not returned and acknowledged")
	}
	must(connection.Close())
}

func confirms(url string) {
	connection, channel := connect(url)
	_, err := channel.QueueDeclare("sure", true, false, true, false, nil)
	must(err)
	must(channel.Confirm(false))
	confirmed := channel.NotifyPublish(make(chan amqp.Confirmation, 100))
	for i := 0; i < 3; i++ {
		publish(channel, "sure", false, text(fmt.Sprint("single ", i)))
		await(confirmed)
	}
	for i := 0; i < 40; i++ {
		publish(channel, "sure", false, text(fmt.Sprint("burst ", i)))
	}
	for i := 0; i < 40; i++ {
		if !await(confirmed).Ack {
			log.Fatal("not acknowledged")
		}
	}
	must(connection.Close())
}

func nacked(url string) {
	connection, channel := connect(url)
	_, err := channel.QueueDeclare("full", true, false, true, false,
		amqp.Table{"x-max-length": int32(1), "x-overflow": "reject-publish"})
	must(err)
	must(channel.Confirm(false))
	confirmed := channel.NotifyPublish(make(chan amqp.Confirmation, 1))
	for _, ack := range []bool{true, false, false} {
		publish(channel, "full", false, text("one fits"))
		if await(confirmed).Ack != ack {
			log.Fatal("expected one ack, then nacks")
		}
	}
	must(connection.Close())
}

func channelClosed(url string) {
	connection, channel := connect(url)
	_, err := channel.QueueDeclarePassive("no-such-queue", false, false, false, false, nil)
	var refused *amqp.Error
	if !errors.As(err, &refused) || refused.Code != amqp.NotFound {
		log.Fatal("expected 404, got ", err)
	}
	channel, err = connection.Channel()
	must(err)
	closed := channel.NotifyClose(make(chan *amqp.Error, 1))
	must(channel.PublishWithContext(context.Background(), "no-such-exchange", "", false, false,
		text("lost")))
	if await(closed).Code != amqp.NotFound {
		log.Fatal("expected 404")
	}
	must(connection.Close())
}

func updateSecret(url string) {
	connection, _ := connect(url)
	must(connection.UpdateSecret("guest", "the token was renewed"))
	must(connection.Close())
}

func deadLetter(url string) {
	connection, channel := connect(url)
	_, err := channel.QueueDeclare("dead", false, false, true, false, nil)
	must(err)
	_, err = channel.QueueDeclare("alive", false, false, true, false, amqp.Table{
		"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead", "x-max-priority": int8(3)})
	must(err)
	deliveries, err := channel.Consume("dead", "dead-tag", true, true, false, false, nil)
	must(err)
	message := text("fails")
	message.Headers = amqp.Table{"amount": amqp.Decimal{Scale: 2, Value: 1999}, "ratio": float64(0.5),
		"at": time.Unix(1700000000, 0), "signed": int16(-2), "nested": amqp.Table{"deep": nil}}
	publish(channel, "alive", false, message)
	got, _, err := channel.Get("alive", false)
	must(err)
	must(got.Reject(false))
	if await(deliveries).Headers["x-death"] == nil {
		log.Fatal("no x-death")
	}
	must(channel.Cancel("dead-tag", false))
	must(connection.Close())
}

func main() {
	sessions := []session{
		{"handshake-plain", "The handshake with PLAIN, and connection.close by the client", handshake},
		{"vhost-refused", "A vhost that does not exist: 530 instead of open-ok", vhostRefused},
		{"return", "A mandatory message without a queue: basic.return, then basic.ack", returned},
		{"confirms", "Confirms of single messages and of many at once", confirms},
		{"confirm-nacked", "A full queue that rejects: basic.nack by the broker", nacked},
		{"channel-closed-by-broker", "Two errors that close the channel", channelClosed},
		{"update-secret", "connection.update-secret", updateSecret},
		{"dead-letter", "A rejected message comes back with x-death", deadLetter},
	}
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		for _, each := range sessions {
			fmt.Println(each.name + "\t" + each.about)
		}
		return
	}
	if len(os.Args) == 3 {
		for _, each := range sessions {
			if each.name == os.Args[1] {
				each.play("amqp://guest:guest@127.0.0.1:" + os.Args[2] + "/")
				return
			}
		}
	}
	log.Fatal("usage: go_sessions --list | SESSION PORT")
}
