package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// rootCommand builds the command tree. The root without a subcommand serves.
func rootCommand() *cobra.Command {
	root := serveCommand()
	root.Use = "amqpd"
	root.Short = "A message broker for AMQP 0-9-1 clients"
	root.Long = "amqpd is a message broker that RabbitMQ's AMQP 0-9-1 clients connect to unchanged.\n" +
		"Without a command it serves.\n\n" + settingsHelp
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(serveCommand(), checkCommand(), versionCommand())
	return root
}

// settingsHelp says once, in the help of each command that takes settings, how
// the three sources relate.
const settingsHelp = "Each setting is a flag, an environment variable (AMQPD_ and the key in capitals,\n" +
	"_ for -) and a key of the YAML or TOML file named by --config. Flags win over\n" +
	"environment, environment over file."

// serveCommand runs a node.
func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the broker (the default command)",
		Long:  "Run the broker until SIGTERM or SIGINT.\n\n" + settingsHelp,
		Args:  noArguments,
	}
	addSettings(cmd.Flags(), settings)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := loadConfig(cmd.Flags(), settings)
		if err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return err
		}
		signals := make(chan os.Signal, 4)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		defer signal.Stop(signals)
		return serve(c, cmd.OutOrStdout(), cmd.ErrOrStderr(), signals, openBroker)
	}
	return cmd
}

// versionCommand prints what was built.
func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), versionLine())
			return nil
		},
	}
}

// flagError says what to change when pflag refuses a command line.
func flagError(cmd *cobra.Command, err error) error {
	if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		name := unknown.GetSpecifiedName()
		return fmt.Errorf("there is no flag --%s; did you mean --%s?", name, nearest(name, names))
	}
	return fmt.Errorf("%w; see amqpd --help", err)
}

// noArguments refuses words after the command, and offers the command that a
// mistyped one is nearest to.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		var names []string
		for _, c := range cmd.Commands() {
			names = append(names, c.Name())
		}
		return fmt.Errorf("there is no command %q; did you mean %s?", args[0], nearest(args[0], names))
	}
	return fmt.Errorf("amqpd %s takes no argument, but was given %q; see amqpd %s --help", cmd.Name(), args[0], cmd.Name())
}
