package store

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

const (
	// blockTarget: a block is ended when its payload has so many octets. A reader needs one
	// block at a time in memory.
	blockTarget = 32 << 10
	// blockBuffer is how much of a file of blocks is read or written at once.
	blockBuffer = 256 << 10
)

var errNoBlocks = errors.New("file of blocks is not whole")

// blockWriter writes a file of blocks. The payload of the current block is appended to
// p; flush ends it.
type blockWriter struct {
	f      File
	p      []byte // octets not written yet: whole blocks, then the current one
	open   int    // where the current block starts in p
	off    int64  // where p goes in the file
	blocks uint32
	err    error
}

func newBlockWriter(f File) *blockWriter {
	w := &blockWriter{f: f}
	w.begin()
	return w
}

// begin makes room for the header of the next block.
func (w *blockWriter) begin() {
	w.open = len(w.p)
	w.p = append(w.p, make([]byte, blockHeaderSize)...)
}

// size is the length of the current block's payload.
func (w *blockWriter) size() int { return len(w.p) - w.open - blockHeaderSize }

// flush ends the current block.
func (w *blockWriter) flush(h blockHeader) {
	sealBlock(w.p[w.open:], h)
	w.blocks++
	if len(w.p) >= blockBuffer {
		w.write()
	}
	w.begin()
}

// write writes what has gathered.
func (w *blockWriter) write() {
	if w.err == nil {
		_, w.err = w.f.WriteAt(w.p, w.off)
	}
	w.off += int64(len(w.p))
	w.p = w.p[:0]
}

// finish writes the end block, syncs the file and returns its length.
func (w *blockWriter) finish() (int64, error) {
	sealBlock(w.p[w.open:], blockHeader{count: w.blocks, typ: blockEnd})
	w.write()
	if w.err != nil {
		return 0, w.err
	}
	return w.off, w.f.Sync()
}

// blockReader reads a file of blocks.
type blockReader struct {
	f      io.ReaderAt
	name   string // for errors
	size   int64
	off    int64 // behind the current block
	blocks uint32

	blockHeader
	payload []byte // of the current block; valid until the next call

	buf   []byte // octets of the file from start on
	start int64
	mem   []byte
}

func newBlockReader(f io.ReaderAt, name string, size int64) *blockReader {
	return &blockReader{f: f, name: name, size: size}
}

// openBlocks opens a file of blocks, which the caller closes.
func openBlocks(fsys FS, path string) (*blockReader, File, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, nil, err
	}
	size, err := f.Size()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return newBlockReader(f, filepath.Base(path), size), f, nil
}

// each goes to all blocks that follow and calls f at each, with where it begins. An error of
// f says that the block, though whole, makes no sense.
func (r *blockReader) each(f func(at int64) error) error {
	for {
		at := r.off
		if ok, err := r.next(); err != nil || !ok {
			return err
		}
		if err := f(at); err != nil {
			return fmt.Errorf("%s at %d: %w: %w", r.name, at, ErrCorrupt, err)
		}
	}
}

// next goes to the next block and reports whether there is one. At the end of a whole
// file it returns false without an error.
func (r *blockReader) next() (bool, error) {
	at := r.off
	head, err := r.fetch(at, blockHeaderSize)
	if err != nil {
		return false, err
	}
	h, n := parseBlockHeader(head)
	if n > blockMax {
		return false, r.damaged(at)
	}
	block, err := r.fetch(at, blockHeaderSize+n)
	if err != nil {
		return false, err
	}
	if !blockWhole(block) {
		return false, r.damaged(at)
	}
	if h.typ == blockEnd {
		if h.count != r.blocks {
			return false, r.damaged(at)
		}
		return false, nil
	}
	r.blockHeader, r.payload = h, block[blockHeaderSize:]
	r.off = at + int64(len(block))
	r.blocks++
	return true, nil
}

// fetch returns n octets of the file from off on.
func (r *blockReader) fetch(off int64, n int) ([]byte, error) {
	if off+int64(n) > r.size {
		return nil, r.damaged(off)
	}
	if off < r.start || off > r.start+int64(len(r.buf)) {
		r.buf, r.start = nil, off
	}
	r.buf = r.buf[off-r.start:]
	r.start = off
	if len(r.buf) >= n {
		return r.buf[:n], nil
	}
	want := int(min(int64(max(n, blockBuffer)), r.size-off))
	mem := r.mem
	if len(mem) < want {
		mem = make([]byte, want)
	}
	have := copy(mem, r.buf)
	switch _, err := r.f.ReadAt(mem[have:want], off+int64(have)); {
	case errors.Is(err, io.EOF):
		return nil, r.damaged(off) // shorter than it was
	case err != nil:
		return nil, fmt.Errorf("%w %s at %d: %w", errReading, r.name, off, err)
	}
	r.mem, r.buf = mem, mem[:want]
	return r.buf[:n], nil
}

func (r *blockReader) damaged(off int64) error {
	return fmt.Errorf("%s at %d: %w: %w", r.name, off, ErrCorrupt, errNoBlocks)
}
