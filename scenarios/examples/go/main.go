// Copies records at least once with segmentio/kafka-go: what is fetched is committed
// when its output is acknowledged.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
)

// batch bounds the records that are written and committed together.
const batch = 200

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	brokers := strings.Split(os.Getenv("SURETY_BOOTSTRAP"), ",")
	dialer := &kafka.Dialer{ClientID: os.Getenv("SURETY_NAME"), Timeout: 5 * time.Second}
	r := kafka.NewReader(kafka.ReaderConfig{
		Brokers: brokers, Topic: os.Getenv("SURETY_INPUT"), GroupID: os.Getenv("SURETY_GROUP"), Dialer: dialer,
		StartOffset: kafka.FirstOffset, MaxWait: 100 * time.Millisecond,
		SessionTimeout: 6 * time.Second, HeartbeatInterval: time.Second, ErrorLogger: log.Default(),
	})
	defer r.Close()
	w := &kafka.Writer{
		Addr: kafka.TCP(brokers...), Topic: os.Getenv("SURETY_OUTPUT"), Balancer: kafka.Murmur2Balancer{},
		RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond, ErrorLogger: log.Default(),
	}
	defer w.Close()
	log.Print("copying")
	for {
		if err := copySome(ctx, r, w); errors.Is(err, context.Canceled) {
			return
		} else if err != nil {
			log.Fatal(err)
		}
	}
}

// copySome copies what comes within a moment.
func copySome(ctx context.Context, r *kafka.Reader, w *kafka.Writer) error {
	first, err := r.FetchMessage(ctx)
	if err != nil {
		return err
	}
	in := []kafka.Message{first}
	soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	for len(in) < batch {
		m, err := r.FetchMessage(soon)
		if err != nil {
			break // the next call tells where it was not the time alone
		}
		in = append(in, m)
	}
	out := make([]kafka.Message, len(in))
	for i, m := range in {
		out[i] = kafka.Message{Key: m.Key, Value: m.Value, Headers: m.Headers}
	}
	if err := w.WriteMessages(ctx, out...); err != nil {
		return err
	}
	return r.CommitMessages(ctx, in...)
}
