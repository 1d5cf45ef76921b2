package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"amqpd/store"
)

// checkSettings are the rows of the settings table that check needs.
var checkSettings = slices.DeleteFunc(slices.Clone(settings), func(s setting) bool { return s.key != "data-dir" })

// checkCommand verifies the data of a node that is not running. Each thing
// that is wrong is a line on standard output, a summary the last, and the exit
// code is then 1.
func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Verify a stopped node's data; exit code 1 on damage",
		Long:  "Verify every record, reference and definition in the data directory of a node that is not running.\nWhat is wrong is printed, and the exit code is then 1. Nothing is changed.",
		Args:  noArguments,
	}
	addSettings(cmd.Flags(), checkSettings)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := loadConfig(cmd.Flags(), checkSettings)
		if err != nil {
			return err
		}
		if info, err := os.Stat(c.dataDir); err != nil {
			return fmt.Errorf("data-dir: cannot read %s: %w", c.dataDir, plainCause(err))
		} else if !info.IsDir() {
			return fmt.Errorf("data-dir: %s is not a directory", c.dataDir)
		}
		err = store.Check(c.dataDir, cmd.OutOrStdout())
		if errors.Is(err, store.ErrCorrupt) {
			return failure{err}
		}
		return err
	}
	return cmd
}
