// Package web holds the console: the pages with which people look at a node
// and change it in a browser.
//
// Words: a page is a module of static/js/pages and has an address behind the #;
// a part is what several pages are made of (static/js/ui); knowledge is what the
// console says about the broker without asking it, such as what an argument means
// and how a topic matches (static/js/know). static/js/core asks the HTTP API and
// keeps the session, the address and what a person chose, and follows what the
// node tells by itself (core/live.js): a page asks with usePoll and need not know.
// What is being deleted nobody asks about (core/deletion.js).
//
//	browser ── GET / ─► Handler ─► static/            this package
//	   └────── GET /api/… ─────► package mgmt         the public HTTP API, nothing else
//
// The files are what the browser runs: there is no build step. The index page
// names all modules of a first visit, so that they are fetched in one round.
// Nothing is loaded from elsewhere, and a content security policy forbids it.
//
// What it does not do: it knows nothing of the broker and serves no data.
package web
