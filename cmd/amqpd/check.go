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
// code is then 1. With --repair it is made usable first.
func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Verify a stopped node's data; exit code 1 on damage",
		Long: "Verify every record, reference and definition in the data directory of a node that is not running.\nWhat is wrong is printed, and the exit code is then 1. Nothing is changed,\n" +
			"unless --repair is given: then what is damaged is moved to the folder damaged in the data directory,\nand the rest is made whole, so that the node starts. The exit code is 0 if that worked.",
		Args: noArguments,
	}
	addSettings(cmd.Flags(), checkSettings)
	repair := cmd.Flags().Bool("repair", false, "move what is damaged aside, so that the node starts with the rest")
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
		look := store.Check
		if *repair {
			look = store.Repair
		}
		err = look(c.dataDir, cmd.OutOrStdout())
		if errors.Is(err, store.ErrCorrupt) {
			return failure{err}
		}
		return err
	}
	return cmd
}
