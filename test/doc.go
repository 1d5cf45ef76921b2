// Package test holds the tests that no package can hold alone: of the tree
// itself (which package may import which, how long a file may be), and below it
// those of the whole broker. Tests of one package stand beside its code.
//
//	layers_test.go   the floors: what may import what
//	tidy_test.go     sizes, comments, leftovers
//	behaviour/       what a client sees on its socket, fact by fact
//	suites/          test suites that others wrote, run against amqpd
package test
