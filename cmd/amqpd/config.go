package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cast"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// fileFlag names the settings file. It is no row of the table because it
// cannot stand in the file itself.
const fileFlag = "config"

// flagText is a flag's value as the user wrote it. It is not parsed here, so
// that a wrong value gets the same sentence whichever source it came from.
type flagText struct{ text, kind string }

// String gives the text.
func (f *flagText) String() string { return f.text }

// Set keeps the text.
func (f *flagText) Set(text string) error { f.text = text; return nil }

// Type is the word after the flag in the help.
func (f *flagText) Type() string { return f.kind }

// addSettings gives fs one flag for each row of table, and --config.
func addSettings(fs *pflag.FlagSet, table []setting) {
	fs.SortFlags = false
	fs.Var(&flagText{kind: "path"}, fileFlag, "YAML or TOML file of settings, its keys being the flags below without --")
	for _, s := range table {
		doc := s.doc
		if s.unit != "" {
			doc += " [" + s.unit + "]"
		}
		flag := fs.VarPF(&flagText{text: s.def, kind: s.kind}, s.key, "", doc)
		if s.kind == "switch" {
			flag.NoOptDefVal = "true"
		}
	}
}

// variable is the environment variable of a key.
func variable(key string) string {
	return "AMQPD_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// loadConfig reads every row of table from the parsed flags, the environment
// and the settings file, in that order, and gives the first that has a value.
// An environment variable that is set but empty counts as not set.
func loadConfig(flags *pflag.FlagSet, table []setting) (*config, error) {
	v := viper.New()
	file, err := readFile(v, flags)
	if err != nil {
		return nil, err
	}
	c := &config{}
	for _, s := range table {
		if err := errors.Join(v.BindEnv(s.key, variable(s.key)), v.BindPFlag(s.key, flags.Lookup(s.key))); err != nil {
			return nil, fmt.Errorf("bind %s: %w", s.key, err)
		}
		source := sourceOf(s.key, flags, file)
		text, err := textOf(v.Get(s.key))
		if err != nil {
			return nil, fmt.Errorf("%s %w", source, err)
		}
		if err := s.set(c, text); err != nil {
			return nil, fmt.Errorf("%s: %q %w", source, text, err)
		}
	}
	return c, nil
}

// readFile reads the settings file into v, if one is named, and gives its
// path. One file may serve every command, so each key of the whole table is
// welcome. A key that is no setting is an error, because a setting that is
// silently not in force is worse than a node that does not start.
func readFile(v *viper.Viper, flags *pflag.FlagSet) (string, error) {
	path := flags.Lookup(fileFlag).Value.String()
	if path == "" {
		path = os.Getenv(variable(fileFlag))
	}
	if path == "" {
		return "", nil
	}
	if ext := filepath.Ext(path); !slices.Contains([]string{".yaml", ".yml", ".toml"}, ext) {
		return "", fmt.Errorf("--config: the name of %s tells no format; end it in .yaml, .yml or .toml", path)
	}
	v.SetConfigFile(path)
	if err := v.ReadInConfig(); err != nil {
		return "", fmt.Errorf("--config: cannot read %s: %w", path, plainCause(err))
	}
	known := keysOf(settings)
	for _, key := range v.AllKeys() {
		if !slices.Contains(known, key) {
			return "", fmt.Errorf("%s: there is no setting %s; did you mean %s?", path, key, nearest(key, known))
		}
	}
	return path, nil
}

// keysOf lists the keys of table in its order.
func keysOf(table []setting) []string {
	keys := make([]string, len(table))
	for i, s := range table {
		keys[i] = s.key
	}
	return keys
}

// sourceOf names where the value of key comes from, for an error's subject.
// It repeats the order that viper applies.
func sourceOf(key string, flags *pflag.FlagSet, file string) string {
	switch {
	case flags.Changed(key):
		return "--" + key
	case os.Getenv(variable(key)) != "":
		return variable(key)
	case file != "":
		return key + " in " + file
	default:
		return key
	}
}

// textOf turns what a file's parser made of a value back into the text that
// the table parses. A list becomes its items joined by commas.
func textOf(value any) (string, error) {
	items, isList := value.([]any)
	if !isList {
		text, err := cast.ToStringE(value)
		if err != nil {
			return "", errors.New("is not a single value; see docs/configuration.md for its form")
		}
		return text, nil
	}
	texts := make([]string, len(items))
	for i, item := range items {
		text, err := cast.ToStringE(item)
		if err != nil {
			return "", errors.New("is not a list of single values")
		}
		texts[i] = text
	}
	return strings.Join(texts, ","), nil
}

// plainCause leaves out of a file error what the sentence around it says
// already: the operation and the path.
func plainCause(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// check holds the rules between settings, which no row can check alone.
func (c *config) check() error {
	switch {
	case len(c.amqpListen) == 0 && len(c.amqpsListen) == 0:
		return errors.New("amqp-listen and amqps-listen are both empty, so no client could connect; give one of them an address")
	case len(c.amqpsListen) > 0 && (c.tlsCert == "" || c.tlsKey == ""):
		return errors.New("amqps-listen needs a certificate; set tls-cert and tls-key")
	case c.httpTLS && len(c.httpListen) > 0 && (c.tlsCert == "" || c.tlsKey == ""):
		return errors.New("http-tls needs a certificate; set tls-cert and tls-key")
	case c.tlsVerifyPeer && c.tlsCA == "":
		return errors.New("tls-verify-peer needs the authorities to verify against; set tls-ca")
	}
	return nil
}
