package broker

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"amqpd/cluster/meta"
)

// ImportOptions say what of a definitions file is taken.
type ImportOptions struct {
	// PerVhost puts everything into Vhost, which must be there, and passes over
	// users, permissions and global parameters.
	PerVhost bool
	Vhost    string
}

// Import reads RabbitMQ's definitions and adds what they say; it removes
// nothing (management-api §13.2). The whole file is checked first: with an
// error of package meta nothing has changed. When it returns nil everything is
// in force and durable.
func (b *Broker) Import(who Actor, r io.Reader, o ImportOptions) error {
	t := b.borrow()
	defer b.giveBack(t)
	t.who = who
	_, err := b.importFrom(t, r, o)
	return err
}

// importFrom carries out the commands of definitions and waits for the log once.
func (b *Broker) importFrom(t *batch, r io.Reader, o ImportOptions) (changes int, err error) {
	commands, err := meta.ImportWith(r, b.state.View(), meta.ImportOptions{
		PerVhost: o.PerVhost, Vhost: o.Vhost,
		Home: b.o.NodeName, ExchangeType: knownExchangeType, HashPassword: b.HashPassword,
	})
	if err != nil {
		return 0, err
	}
	for _, c := range commands {
		done, err := b.apply(t, c, nil)
		if err != nil {
			return 0, err
		}
		b.end(t, realised{queues: done.queues, lines: done.lines}, nil)
		t.bury()
	}
	b.awaitDurable(b.store.End())
	return len(commands), nil
}

// loadDefinitions imports a definitions file at start.
func (b *Broker) loadDefinitions(path string) error {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("definitions file: %w", err)
	}
	defer f.Close()
	t := b.borrow()
	defer b.giveBack(t)
	changes, err := b.importFrom(t, f, ImportOptions{})
	if err != nil {
		return fmt.Errorf("definitions file %s: %w", path, err)
	}
	b.log.Info("definitions loaded", slog.String("file", path), slog.Int("changes", changes))
	return nil
}
