package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Change is one change of the definitions. A nil Value deletes the key.
type Change struct {
	Key   string
	Value []byte
}

const definitionsName = "definitions.db"

// definitionsDB is the table that definitions are folded into.
type definitionsDB interface {
	// apply makes changes up to lsn, all or none, durable when it returns.
	apply(cs []Change, lsn LSN) error
	// position returns the lsn of the last apply, 0 before the first.
	position() (LSN, error)
	// each calls f with all pairs in key order. Value is valid during the call.
	each(f func(key string, value []byte) error) error
	close() error
}

// definitions is the small map of metadata. A change is a record of the log, so that it
// shares the sync of everything else; in the background, changes that are durable are
// folded into a table with the LSN they reach.
type definitions struct {
	db definitionsDB

	mu      sync.Mutex // held around the append, so pending is in log order; before the log's lock
	pending []pendingChanges
	folding sync.Mutex // one fold at a time; before mu

	lastFold time.Time // the keeper's
}

// pendingChanges is one record that is not folded yet.
type pendingChanges struct {
	lsn     LSN // behind the record
	changes []Change
}

// write appends changes and returns the position behind them.
func (d *definitions) write(log *appendLog, cs []Change) LSN {
	payload := appendDefinitions(nil, cs)
	kept := make([]Change, len(cs))
	for i, c := range cs {
		kept[i] = Change{Key: c.Key, Value: slices.Clone(c.Value)}
		if c.Value != nil && kept[i].Value == nil {
			kept[i].Value = []byte{}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	lsn := log.append(kindDefinitions, payload) // not beyond the record: see fold
	d.pending = append(d.pending, pendingChanges{lsn, kept})
	return lsn
}

// recovered takes changes that the log has and the table may not.
func (d *definitions) recovered(lsn LSN, cs []Change) {
	d.pending = append(d.pending, pendingChanges{lsn, cs})
}

// fold puts the pending changes up to durable into the table. Each is pending under the very
// end of its record: a segment that is durable, and so not replayed once the checkpoint is
// written, must have nothing left to fold.
func (d *definitions) fold(durable LSN) error {
	d.folding.Lock()
	defer d.folding.Unlock()
	d.mu.Lock()
	n := 0
	for n < len(d.pending) && d.pending[n].lsn <= durable {
		n++
	}
	part := d.pending[:n:n]
	d.mu.Unlock()
	if n == 0 {
		return nil
	}
	var cs []Change
	for _, p := range part {
		cs = append(cs, p.changes...)
	}
	if err := d.db.apply(cs, part[n-1].lsn); err != nil {
		return fmt.Errorf("folding definitions: %w", err)
	}
	d.mu.Lock()
	d.pending = slices.Delete(d.pending, 0, n)
	d.mu.Unlock()
	return nil
}

// waiting is the number of records that are not folded.
func (d *definitions) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.pending)
}

// boltDefinitions keeps the definitions in bbolt, which is what the files of a node's
// metadata are expected to be, and crash safe by itself.
type boltDefinitions struct{ db *bbolt.DB }

var (
	boltPairs    = []byte("definitions")
	boltState    = []byte("state")
	boltPosition = []byte("lsn")
)

// recoverBolt turns a panic of bbolt, which is how it takes some damaged pages, into an error.
func recoverBolt(err *error) {
	if failure := recover(); failure != nil {
		*err = errors.Join(*err, fmt.Errorf("%w: %v", ErrCorrupt, failure))
	}
}

func openBolt(path string) (_ definitionsDB, err error) {
	defer recoverBolt(&err)
	db, err := bbolt.Open(path, 0o640, &bbolt.Options{
		Timeout:        time.Second, // the directory lock is ours; a backup tool may have the file for a moment
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
	})
	if err != nil {
		return nil, err
	}
	known := false
	err = db.View(func(tx *bbolt.Tx) error {
		known = tx.Bucket(boltPairs) != nil && tx.Bucket(boltState) != nil
		return nil
	})
	if err == nil && known { // each change is two syncs
		return boltDefinitions{db}, nil
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err1 := tx.CreateBucketIfNotExists(boltPairs)
		_, err2 := tx.CreateBucketIfNotExists(boltState)
		return errors.Join(err1, err2)
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return boltDefinitions{db}, nil
}

func (b boltDefinitions) apply(cs []Change, lsn LSN) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		pairs := tx.Bucket(boltPairs)
		for _, c := range cs {
			var err error
			if c.Value == nil {
				err = pairs.Delete([]byte(c.Key))
			} else {
				err = pairs.Put([]byte(c.Key), c.Value)
			}
			if err != nil {
				return fmt.Errorf("key %q: %w", c.Key, err)
			}
		}
		return tx.Bucket(boltState).Put(boltPosition, binary.BigEndian.AppendUint64(nil, uint64(lsn)))
	})
}

func (b boltDefinitions) position() (lsn LSN, err error) {
	defer recoverBolt(&err)
	err = b.db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(boltState).Get(boltPosition); len(v) == 8 {
			lsn = LSN(binary.BigEndian.Uint64(v))
		}
		return nil
	})
	return lsn, err
}

func (b boltDefinitions) each(f func(key string, value []byte) error) (err error) {
	defer recoverBolt(&err)
	return b.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(boltPairs).ForEach(func(k, v []byte) error { return f(string(k), v) })
	})
}

func (b boltDefinitions) close() error { return b.db.Close() }

// memoryDefinitions is the table where there are no real files, see MemoryFS.
type memoryDefinitions struct {
	mu    sync.Mutex
	pairs map[string][]byte
	lsn   LSN
}

func (m *memoryDefinitions) clone() *memoryDefinitions {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &memoryDefinitions{pairs: maps.Clone(m.pairs), lsn: m.lsn}
}

func (m *memoryDefinitions) apply(cs []Change, lsn LSN) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range cs {
		if c.Value == nil {
			delete(m.pairs, c.Key)
		} else {
			m.pairs[c.Key] = slices.Clone(c.Value)
		}
	}
	m.lsn = lsn
	return nil
}

func (m *memoryDefinitions) position() (LSN, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lsn, nil
}

func (m *memoryDefinitions) each(f func(key string, value []byte) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]string, 0, len(m.pairs))
	for k := range m.pairs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := f(k, m.pairs[k]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memoryDefinitions) close() error { return nil }
