package store

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the data directory of the current format to testdata")

// goldenState is what the directories in testdata hold: some work that uses every kind of
// record, runs, a checkpoint and carried messages.
func goldenState(t *testing.T, s *Store) ledgerState {
	s.RecoveryDone()
	hurry(s)
	l := newLedger(t, s, 77)
	for i := range 500 {
		l.step()
		if i%40 == 0 {
			look(s, 2)
		}
	}
	look(s, 3)
	for range 20 {
		l.step()
	}
	s.Wait(s.End())
	return l.state
}

// TestOldFormatsOpen opens a stopped and a crashed directory of each format there was. A
// change of a layout that fails here needs a row in formats, and -update for that row.
func TestOldFormatsOpen(t *testing.T) {
	for version := 1; version <= formatVersion(); version++ {
		for _, how := range []string{"stopped", "crashed"} {
			name := filepath.Join("testdata", fmt.Sprintf("format-%d-%s.tar.gz", version, how))
			t.Run(name, func(t *testing.T) {
				if *update && version == formatVersion() {
					writeGolden(t, name, how == "stopped")
				}
				want, err := os.ReadFile(name + ".txt")
				if err != nil {
					t.Fatal(err)
				}
				o := testOptions(t, t.TempDir())
				unpack(t, name, o.Dir)
				var told bytes.Buffer
				if err := Check(o.Dir, &told); err != nil {
					t.Errorf("check: %v\n%s", err, told.String())
				}
				s := open(t, o)
				got := recoveredState(t, s, 100, nil)
				if got.String() != string(want) {
					t.Errorf("holds\n%s\nnot\n%s", got, want)
				}
				if s.Stats().Damaged != 0 {
					t.Error(s.Damage())
				}
				verify(t, s)
			})
		}
	}
}

// writeGolden packs a new directory, and beside it what it holds.
func writeGolden(t *testing.T, name string, stopped bool) {
	o := testOptions(t, t.TempDir())
	s := open(t, o)
	state := goldenState(t, s).String()
	if stopped {
		closeStore(t, s)
	} else {
		s.keeper.mu.Lock() // as it is, between two looks of the keeper
		defer s.keeper.mu.Unlock()
	}
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	files := tar.NewWriter(zipped)
	if err := files.AddFS(os.DirFS(o.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{name: packed.Bytes(), name + ".txt": []byte(state)} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// unpack puts the files of an archive into dir.
func unpack(t *testing.T, name, dir string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(zipped); ; {
		h, err := files.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.FileInfo().IsDir() {
			err = os.MkdirAll(path, 0o750)
		} else {
			var content []byte
			if content, err = io.ReadAll(files); err == nil {
				err = os.MkdirAll(filepath.Dir(path), 0o750)
			}
			if err == nil {
				err = os.WriteFile(path, content, 0o640)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
