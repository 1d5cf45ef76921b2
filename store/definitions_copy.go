package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
)

// The definitions say what the queues of the log are called, and whose they are: a log
// without them is worth nothing. So beside their table is a copy, written before the first
// checkpoint after they changed, in blocks (format.go). A damaged table is made of it anew.
const definitionsCopy = "definitions.copy"

// copyBlock is how many octets of pairs a block of the copy has, about.
const copyBlock = 64 << 10

// writeDefinitionsCopy writes what d holds, and that it reaches lsn.
func writeDefinitionsCopy(fsys FS, dir string, d definitionsDB, lsn LSN) error {
	path := filepath.Join(dir, definitionsCopy)
	f, err := fsys.Create(path + unfinished)
	if err != nil {
		return err
	}
	w := newBlockWriter(f)
	w.p = binary.LittleEndian.AppendUint64(w.p, uint64(lsn))
	w.flush(blockHeader{typ: blockReach})
	var some []Change
	size := 0
	flush := func() {
		w.p = appendDefinitions(w.p, some)
		w.flush(blockHeader{typ: blockDefinitions, count: uint32(len(some))})
		some, size = some[:0], 0
	}
	err = d.each(func(key string, value []byte) error {
		some = append(some, Change{key, append([]byte{}, value...)})
		if size += len(key) + len(value); size >= copyBlock {
			flush()
		}
		return nil
	})
	flush()
	if err == nil {
		_, err = w.finish()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsys.Rename(path+unfinished, path)
	}
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("copying definitions: %w", err)
	}
	return nil
}

// readDefinitionsCopy returns the pairs of the copy and up to where it reaches.
func readDefinitionsCopy(fsys FS, dir string) (pairs []Change, lsn LSN, err error) {
	f, err := fsys.Open(filepath.Join(dir, definitionsCopy))
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, 0, err
	}
	for b := newBlockReader(f, definitionsCopy, size); ; {
		ok, err := b.next()
		if err != nil || !ok {
			return pairs, lsn, err
		}
		switch b.typ {
		case blockReach:
			d := decoder{p: b.payload}
			lsn = LSN(d.uint64())
			err = d.done()
		case blockDefinitions:
			var some []Change
			some, err = parseDefinitions(b.payload)
			pairs = append(pairs, some...)
		default:
			err = errPayload
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w: %w", definitionsCopy, ErrCorrupt, err)
		}
	}
}

// definitionsCopied returns up to where the copy reaches, 0 if it is not there or not whole.
func definitionsCopied(fsys FS, dir string) (lsn LSN) {
	f, err := fsys.Open(filepath.Join(dir, definitionsCopy))
	if err != nil {
		return 0
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return 0
	}
	for b := newBlockReader(f, definitionsCopy, size); ; {
		ok, err := b.next()
		switch {
		case err != nil:
			return 0
		case !ok:
			return lsn
		case b.typ == blockReach:
			d := decoder{p: b.payload}
			lsn = LSN(d.uint64())
		}
	}
}
