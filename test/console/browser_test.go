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

// wanted is the variable that these tests run with; a missing browser is an
// error then. test/suites/console.sh sets it, after it has installed one.
const wanted = "CONSOLE_TESTS"

// amqpd is the broker under test, and chromium the browser that all tests
// share. Each test has a profile of its own in it.
var (
	amqpd    *node.Binary
	chromium context.Context
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run starts the browser and then the tests; where it is not wanted they are
// skipped, and nothing is built.
func run(m *testing.M) int {
	if os.Getenv(wanted) == "" {
		return m.Run()
	}
	browser, stop, err := launch()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	chromium = browser
	return node.Main(m, &amqpd)
}

// launch starts chromium without a window. The language is fixed, because
// numbers are compared as people see them.
func launch() (context.Context, func(), error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, errors.New("chromium is not installed (Debian: apt-get install chromium)")
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
