package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// formats lists every version of the data directory, oldest first; a directory says in
// its FORMAT file which one it is. Opening an older one upgrades it, which cannot be
// undone; a newer one is refused. upgrade turns the version before into this one.
var formats = []struct {
	what    string
	upgrade func(fsys FS, dir string) error
}{
	{what: "segments amqdlog1, index runs and checkpoint in blocks, definitions in bbolt"}, // 1
}

// formatVersion is what this program writes.
func formatVersion() int { return len(formats) }

const (
	formatName = "FORMAT"
	formatText = "amqpd data directory, format %d\n"
	lockName   = "LOCK"
	logDirName = "log"
)

// prepareDir makes the data directory, locks it, and checks or writes its format. Errors
// are whole sentences for the user.
func prepareDir(fsys FS, dir string) (lock io.Closer, err error) {
	if err := fsys.MkdirAll(filepath.Join(dir, logDirName)); err != nil {
		return nil, notWritable(dir, err)
	}
	lock, err = fsys.Lock(filepath.Join(dir, lockName), fmt.Sprintf("%d\n", os.Getpid()))
	var locked *LockedError
	if errors.As(err, &locked) {
		return nil, fmt.Errorf("data directory %s is in use by another amqpd (pid %s): "+
			"stop it or choose another --data-dir", dir, locked.Content)
	}
	if err != nil {
		return nil, notWritable(dir, err)
	}
	if err := checkFormat(fsys, dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

func notWritable(dir string, err error) error {
	return fmt.Errorf("data directory %s cannot be written (%w): "+
		"change its owner and permissions or choose another --data-dir", dir, err)
}

// checkFormat refuses what is newer than this program, upgrades what is older, and marks
// a new directory.
func checkFormat(fsys FS, dir string) error {
	version, err := readFormat(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return writeFormat(fsys, dir, formatVersion())
	}
	if err != nil {
		return err
	}
	if version > formatVersion() {
		return fmt.Errorf("data directory %s was written by a newer amqpd (format %d, this one knows up to %d): "+
			"use that version or choose another --data-dir", dir, version, formatVersion())
	}
	for ; version < formatVersion(); version++ {
		if err := formats[version].upgrade(fsys, dir); err != nil {
			return fmt.Errorf("upgrading data directory %s to format %d: %w", dir, version+1, err)
		}
		if err := writeFormat(fsys, dir, version+1); err != nil {
			return err
		}
	}
	return nil
}

func readFormat(fsys FS, dir string) (int, error) {
	path := filepath.Join(dir, formatName)
	f, err := fsys.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 256))
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", path, err)
	}
	version := 0
	if n, _ := fmt.Sscanf(strings.TrimSpace(string(text)), strings.TrimSpace(formatText), &version); n != 1 || version < 1 {
		return 0, fmt.Errorf("%s does not say which format the directory has: is %s a data directory of amqpd?", path, dir)
	}
	return version, nil
}

func writeFormat(fsys FS, dir string, version int) error {
	err := replaceFile(fsys, filepath.Join(dir, formatName), func(f File) error {
		if _, err := f.WriteAt(fmt.Appendf(nil, formatText, version), 0); err != nil {
			return err
		}
		return f.Sync()
	})
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		return notWritable(dir, err)
	}
	return nil
}
