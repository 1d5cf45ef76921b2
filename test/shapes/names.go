package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// password is that of every user of the run.
const password = "seven-Seas"

// names are what the session's {words} stand for in this run.
type names map[string]string

// newNames are those known before anything is asked.
func newNames(amqpAddr string) names {
	const vhost, second = "shapes", "shapes/2 x" // a slash and a space: both must be encoded in paths
	n := names{
		"v": vhost, "v2": second, "v_enc": url.PathEscape(vhost), "v2_enc": url.PathEscape(second),
		"me": "guest", "g": "shapes-global", "pw": password, "pw_hash": passwordHash(),
		"amqp_port": amqpAddr[strings.LastIndexByte(amqpAddr, ':')+1:],
	}
	for _, who := range users {
		n["u_"+who] = "shapes-" + who
	}
	return n
}

var users = []string{"amqp", "none", "mgmt", "mon", "pol", "tmp"}

// passwordHash is password as RabbitMQ stores it: a salt of four octets, and
// SHA-256 of the salt and the password.
func passwordHash() string {
	salt := "salt"
	digest := sha256.Sum256([]byte(salt + password))
	return base64.StdEncoding.EncodeToString(append([]byte(salt), digest[:]...))
}

var placeholder = regexp.MustCompile(`\{[a-z_0-9]+\}`)

// fill replaces the {words} of the text by their names, written as encode says.
// A word without a name is an error.
func (n names) fill(text string, encode func(string) string) (string, error) {
	var missing error
	filled := placeholder.ReplaceAllStringFunc(text, func(word string) string {
		name, ok := n[word[1:len(word)-1]]
		if !ok {
			missing = fmt.Errorf("there is no %s", word)
		}
		return encode(name)
	})
	return filled, missing
}

// plain, inPath and inJSON write a name into text of that kind.
func plain(name string) string  { return name }
func inPath(name string) string { return url.PathEscape(name) }

// inJSON leaves out the quotes: the text has them.
func inJSON(name string) string {
	quoted := text(name)
	return quoted[1 : len(quoted)-1]
}

func unquoted(text string) (string, error) { return strconv.Unquote(text) }

// ours tells whether the item of a list was made by this run. The path leads to
// its virtual host, user or name.
func (n names) ours(item any, path string) bool {
	words := strings.Split(path, ".")
	for _, word := range words {
		object, ok := item.(map[string]any)
		if !ok {
			return false
		}
		item = object[word]
	}
	name, ok := item.(string)
	return ok && strings.HasPrefix(name, n["v"])
}
