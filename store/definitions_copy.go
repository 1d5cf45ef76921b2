package store

import (
	"encoding/binary"
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
	err := replaceFile(fsys, filepath.Join(dir, definitionsCopy), func(f File) error { return copyDefinitions(f, d, lsn) })
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("copying definitions: %w", err)
	}
	return nil
}

func copyDefinitions(f File, d definitionsDB, lsn LSN) error {
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
	err := d.each(func(key string, value []byte) error {
		some = append(some, Change{key, append([]byte{}, value...)})
		if size += len(key) + len(value); size >= copyBlock {
			flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	flush()
	_, err = w.finish()
	return err
}

// readDefinitionsCopy calls f with the pairs of the copy, some at a time, and returns up to
// where it reaches.
func readDefinitionsCopy(fsys FS, dir string, f func([]Change)) (lsn LSN, err error) {
	b, file, err := openBlocks(fsys, filepath.Join(dir, definitionsCopy))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	err = b.each(func(int64) error {
		switch b.typ {
		case blockReach:
			d := decoder{p: b.payload}
			lsn = LSN(d.uint64())
			return d.done()
		case blockDefinitions:
			some, err := parseDefinitions(b.payload)
			f(some)
			return err
		}
		return errPayload
	})
	return lsn, err
}

// definitionsCopied returns up to where the copy reaches, 0 if it is not there or not whole.
func definitionsCopied(fsys FS, dir string) LSN {
	lsn, err := readDefinitionsCopy(fsys, dir, func([]Change) {})
	if err != nil {
		return 0
	}
	return lsn
}
