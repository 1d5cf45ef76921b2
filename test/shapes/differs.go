package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// differences are what is meant to differ, and why.
type differences struct {
	fields   map[string]string // reason by field name
	requests map[string]string // reason by request
	used     map[string]bool
}

// readDifferences reads lines "field NAMES: reason" and "request IDS: reason",
// with commas between the names.
func readDifferences(text string) (*differences, error) {
	d := &differences{fields: map[string]string{}, requests: map[string]string{}, used: map[string]bool{}}
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		what, reason, ok := strings.Cut(line, ": ")
		kind, list, _ := strings.Cut(what, " ")
		into := map[string]map[string]string{"field": d.fields, "request": d.requests}[kind]
		if !ok || into == nil || reason == "" {
			return nil, fmt.Errorf("line %d: %q is no difference", i+1, line)
		}
		for name := range strings.SplitSeq(list, ", ") {
			if into[name] != "" {
				return nil, fmt.Errorf("line %d: %s is there twice", i+1, name)
			}
			into[name] = reason
		}
	}
	return d, nil
}

// unmeant is the faults that are not meant.
func (d *differences) unmeant(faults []fault) []string {
	var list []string
	for _, f := range faults {
		if d.fields[f.field] == "" {
			list = append(list, f.text)
		} else {
			d.used[f.field] = true
		}
	}
	return list
}

// unused is what is listed and did not differ.
func (d *differences) unused() []string {
	var list []string
	for _, name := range slices.Concat(slices.Collect(maps.Keys(d.fields)), slices.Collect(maps.Keys(d.requests))) {
		if !d.used[name] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
