package web

import (
	"embed"
	"io/fs"
)

//go:embed static
var embedded embed.FS

// Files are the console's files, with index.html at the top. They are read only.
var Files = func() fs.FS {
	files, err := fs.Sub(embedded, "static")
	if err != nil {
		panic("BUG: the console is not embedded: " + err.Error())
	}
	return files
}()
