package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is what this build calls itself. Releases set it with
// -ldflags "-X main.version=...".
var version = "0.1.0-dev"

// versionLine is the answer of `amqpd version`: the version, the commit where
// the build recorded one, the Go release and the platform.
func versionLine() string {
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				commit = " (" + s.Value[:12] + ")"
			}
		}
	}
	return fmt.Sprintf("amqpd %s%s %s %s/%s", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
