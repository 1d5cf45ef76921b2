package store

// Op is one operation on a file system, as FaultyFS tells it before it is done.
type Op struct {
	Kind OpKind
	Name string // the file or directory
	Off  int64  // of a read or write
	Len  int    // of a read or write
}

// OpKind is the kind of an Op.
type OpKind uint8

// The operations that can fail.
const (
	OpCreate OpKind = iota
	OpOpen
	OpRename // Name is the new name
	OpRemove
	OpSyncDir
	OpRead
	OpWrite
	OpAllocate
	OpTruncate
	OpSync
)

// Changes reports whether the operation changes what is on disk, or what would be there
// after a crash.
func (k OpKind) Changes() bool { return k != OpOpen && k != OpRead }

// FaultyFS passes everything on to another file system, after asking Before.
type FaultyFS struct {
	FS
	// Before is called before each operation that can fail. An error that it returns is the
	// result of the operation, which is not done then. Calls may be concurrent.
	Before func(Op) error
}

// Create implements FS.
func (f *FaultyFS) Create(name string) (File, error) {
	if err := f.Before(Op{Kind: OpCreate, Name: name}); err != nil {
		return nil, err
	}
	return f.wrap(name, f.FS.Create)
}

// Open implements FS.
func (f *FaultyFS) Open(name string) (File, error) {
	if err := f.Before(Op{Kind: OpOpen, Name: name}); err != nil {
		return nil, err
	}
	return f.wrap(name, f.FS.Open)
}

func (f *FaultyFS) wrap(name string, open func(string) (File, error)) (File, error) {
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	return &faultyFile{File: file, fs: f, name: name}, nil
}

// Rename implements FS.
func (f *FaultyFS) Rename(from, to string) error {
	if err := f.Before(Op{Kind: OpRename, Name: to}); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

// Remove implements FS.
func (f *FaultyFS) Remove(name string) error {
	if err := f.Before(Op{Kind: OpRemove, Name: name}); err != nil {
		return err
	}
	return f.FS.Remove(name)
}

// SyncDir implements FS.
func (f *FaultyFS) SyncDir(dir string) error {
	if err := f.Before(Op{Kind: OpSyncDir, Name: dir}); err != nil {
		return err
	}
	return f.FS.SyncDir(dir)
}

// openDefinitions implements definitionsOpener if the wrapped file system does.
func (f *FaultyFS) openDefinitions(path string) (definitionsDB, error) {
	if own, ok := f.FS.(definitionsOpener); ok {
		return own.openDefinitions(path)
	}
	return openBolt(path)
}

// faultyFile asks before each operation on a file.
type faultyFile struct {
	File
	fs   *FaultyFS
	name string
}

func (f *faultyFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.Before(Op{OpRead, f.name, off, len(p)}); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *faultyFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fs.Before(Op{OpWrite, f.name, off, len(p)}); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *faultyFile) Allocate(size int64) error {
	if err := f.fs.Before(Op{Kind: OpAllocate, Name: f.name, Off: size}); err != nil {
		return err
	}
	return f.File.Allocate(size)
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.fs.Before(Op{Kind: OpTruncate, Name: f.name, Off: size}); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *faultyFile) Sync() error {
	if err := f.fs.Before(Op{Kind: OpSync, Name: f.name}); err != nil {
		return err
	}
	return f.File.Sync()
}
