// Package console drives the web console in a real browser against a real node,
// as a person would: by the names of links, buttons and fields.
//
//	test ── chromedp ─► chromium ── http ─► amqpd ◄── HTTP API ── test
//	                                          ▲
//	                                          └── AMQP ── test
//
// What a test did in the browser it looks for in the HTTP API, and the other way
// round. Things are found by role and accessible name, as the browser computes
// them for assistive technology; the names are part of the console's outside,
// because scripts of other people use them too. Every test also fails on an
// exception, an error in the browser's log, a violation of the content security
// policy, and a request that leaves the node.
//
// All tests share one browser and have a profile each. They need chromium and
// run when CONSOLE_TESTS is set; test/suites/console.sh installs the one and
// sets the other. With AXE naming a file of axe-core (axe.min.js),
// the pages are also held to the rules of accessibility.
package console
