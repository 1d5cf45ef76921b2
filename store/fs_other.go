//go:build !linux

package store

import "os"

func readOnce(*os.File) {}

// Allocate only sets the length where the system has no portable way to do more.
func (f systemFile) Allocate(size int64) error { return f.Truncate(size) }
