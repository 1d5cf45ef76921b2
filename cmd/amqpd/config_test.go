package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// load reads the settings from a command line and, if text is not empty, a
// settings file of that name.
func load(t *testing.T, name, text string, args ...string) (*config, error) {
	t.Helper()
	if name != "" {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", path}, args...)
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	addSettings(flags, settings)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return loadConfig(flags, settings)
}

func TestLoadConfig_Defaults(t *testing.T) {
	c, err := load(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if c.dataDir != "./amqpd-data" || !slices.Equal(c.amqpListen, []string{":5672"}) || c.amqpsListen != nil ||
		c.channelMax != 2047 || c.frameMax != 131072 || c.heartbeat != 60 || c.maxMessageSize != 134217728 ||
		c.handshakeTimeout != 10*time.Second || c.consumerTimeout != 30*time.Minute ||
		!slices.Equal(c.loopbackUsers, []string{"guest"}) || c.diskFreeLimit != 50_000_000 || c.memoryLimit.fraction != 0.6 {
		t.Errorf("the defaults are %+v", c)
	}
}

func TestLoadConfig_FlagsOverEnvironmentOverFile(t *testing.T) {
	t.Setenv("AMQPD_HEARTBEAT", "20")
	t.Setenv("AMQPD_CHANNEL_MAX", "200")
	t.Setenv("AMQPD_FRAME_MAX", "") // empty: not set
	c, err := load(t, "a.yaml", "heartbeat: 10\nchannel-max: 100\nframe-max: 8KiB\nlog-level: warn\n", "--heartbeat", "30")
	if err != nil {
		t.Fatal(err)
	}
	if c.heartbeat != 30 || c.channelMax != 200 || c.frameMax != 8192 || c.logLevel.String() != "WARN" {
		t.Errorf("heartbeat %d, channel-max %d, frame-max %d, log-level %v; want 30 of the flag, 200 of the environment, 8192 and WARN of the file",
			c.heartbeat, c.channelMax, c.frameMax, c.logLevel)
	}
}

func TestLoadConfig_FileForms(t *testing.T) {
	for name, text := range map[string]string{
		"a.yaml": "amqp-listen: [\"127.0.0.1:1\", \"127.0.0.1:2\"]\ntls-verify-peer: true\nmemory-limit: 0.25\nconsumer-timeout: 1h\ndisk-free-limit: 1e9\ntls-cert:\n",
		"a.yml":  "amqp-listen: 127.0.0.1:1,127.0.0.1:2\ntls-verify-peer: 1\nmemory-limit: .25\nconsumer-timeout: 60m\ndisk-free-limit: 1GB\n",
		"a.toml": "amqp-listen = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\ntls-verify-peer = true\nmemory-limit = 0.25\nconsumer-timeout = \"1h\"\ndisk-free-limit = 1_000_000_000\n",
	} {
		c, err := load(t, name, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(c.amqpListen, []string{"127.0.0.1:1", "127.0.0.1:2"}) || !c.tlsVerifyPeer ||
			c.memoryLimit.fraction != 0.25 || c.consumerTimeout != time.Hour || c.diskFreeLimit != 1e9 || c.tlsCert != "" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// Every refusal names where the value came from and what would be right.
func TestLoadConfig_Refusals(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		args             []string
		env              string
		want             string
	}{
		{"flag", "", "", []string{"--heartbeat", "70000"}, "", `--heartbeat: "70000" is not a whole number from 0 to 65535`},
		{"environment", "", "", nil, "x", `AMQPD_SYNC: "x" is none of always, interval, os`},
		{"file", "a.yaml", "frame-max: 12", nil, "", `a.yaml: "12" is not a size from 4096 to`},
		{"unknown key", "a.yaml", "heartbaet: 12", nil, "", `a.yaml: there is no setting heartbaet; did you mean heartbeat?`},
		{"nested key", "a.toml", "[tls]\ncert = \"x\"\n", nil, "", `there is no setting tls.cert; did you mean tls-cert?`},
		{"map", "a.yaml", "sync: {a: 1}", nil, "", `there is no setting sync.a; did you mean sync?`},
		{"list of lists", "a.yaml", "loopback-users: [[a]]", nil, "", `is not a list of single values`},
		{"not YAML", "a.yaml", "a: b: c", nil, "", `--config: cannot read`},
		{"format unknown", "a.json", "{}", nil, "", `end it in .yaml, .yml or .toml`},
		{"no such file", "", "", []string{"--config", "/nowhere/a.yaml"}, "", `--config: cannot read /nowhere/a.yaml: no such file or directory`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("AMQPD_SYNC", test.env)
			_, err := load(t, test.file, test.text, test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v; want ... %s ...", err, test.want)
			}
		})
	}
}

func TestConfig_Check(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--amqp-listen", ""}, "both empty"},
		{[]string{"--amqps-listen", ":5671", "--tls-cert", "c"}, "needs a certificate; set tls-cert and tls-key"},
		{[]string{"--tls-verify-peer"}, "set tls-ca"},
		{[]string{"--http-tls", "--tls-key", "k"}, "http-tls needs a certificate; set tls-cert and tls-key"},
		{[]string{"--http-tls", "--http-listen", ""}, ""},
		{[]string{"--amqps-listen", ":5671", "--tls-cert", "c", "--tls-key", "k", "--amqp-listen", ""}, ""},
	} {
		c, err := load(t, "", "", test.args...)
		if err != nil {
			t.Fatal(err)
		}
		err = c.check()
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v; want ... %s ...", test.args, err, test.want)
		}
	}
}
