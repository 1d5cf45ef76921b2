package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"amqpd/test/node"

	"github.com/chromedp/chromedp"
)

// required is the variable that makes a missing browser an error: a run that
// is meant to test the console must not pass because it tested nothing.
const required = "CONSOLE_TESTS"

// amqpd is the broker under test, and chromium the browser that all tests
// share. Each test has a profile of its own in it.
var (
	amqpd    *node.Binary
	chromium context.Context
)

var errNoBrowser = errors.New("chromium is not installed (Debian: apt-get install chromium)")

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run starts the browser, if there is one, and then the tests.
func run(m *testing.M) int {
	browser, stop, err := launch()
	switch {
	case err == nil:
		defer stop()
		chromium = browser
	case !errors.Is(err, errNoBrowser) || os.Getenv(required) != "":
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return node.Main(m, &amqpd)
}

// launch starts chromium without a window. The language is fixed, because
// numbers are compared as people see them.
func launch() (context.Context, func(), error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, errNoBrowser
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1440, 900), chromedp.Flag("lang", "en-US"), chromedp.Env("LANGUAGE=en_US", "LANG=en_US.UTF-8"))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	browser, end := chromedp.NewContext(allocated)
	if err := chromedp.Do(browser); err != nil {
		end()
		stop()
		return nil, nil, fmt.Errorf("chromium does not start: %w", err)
	}
	return browser, func() { end(); stop() }, nil
}
