package meta

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// secret marks what must not be told.
const secret = "MARKED-SECRET"

// secretFields are the fields of definitions that hold passwords, or may.
var secretFields = map[string]bool{
	"User.PasswordHash": true, "User.HashingAlgorithm": true,
	"Parameter.Value": true, "GlobalParameter.Value": true,
}

// mark fills every secret field in v with the mark.
func mark(v reflect.Value) (marked int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Name() + "." + v.Type().Field(i).Name
			field := v.Field(i)
			switch {
			case !secretFields[name]:
				marked += mark(field)
			case field.Kind() == reflect.String:
				field.SetString(secret)
				marked++
			default:
				field.SetBytes([]byte(`{"uri":"amqp://u:` + secret + `@h"}`))
				marked++
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			marked += mark(v.Index(i))
		}
	}
	return marked
}

func TestDescribe_NoSecretAndEveryCommand(t *testing.T) {
	total := 0
	for _, c := range samples {
		marked := reflect.New(reflect.TypeOf(c)).Elem()
		marked.Set(reflect.ValueOf(c))
		total += mark(marked)
		d := Describe(marked.Interface().(Command))
		if d.Action == "" {
			t.Errorf("%T has no action", c)
		}
		if text := fmt.Sprintf("%+v", d); strings.Contains(text, secret) {
			t.Errorf("%T tells a secret: %s", c, text)
		}
	}
	if want := 4; total != want {
		t.Errorf("%d secret fields were marked in the samples, want %d: a field was renamed", total, want)
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		command Command
		want    Description
	}{
		{PutUser{User{Name: "u", PasswordHash: "h", Tags: []string{"a", "b"}}}, Description{"user.put", "", "u", "tags=a,b"}},
		{PutPermission{Permission{"u", "v", "^a b", ".*", ""}}, Description{"permission.put", "v", "u", `configure="^a b" write=".*" read=""`}},
		{DeletePolicy{"v", "p", true}, Description{"operator-policy.delete", "v", "p", ""}},
		{DeletePolicy{"v", "p", false}, Description{"policy.delete", "v", "p", ""}},
		{Unbind{Binding{Vhost: "v", Source: "x", Destination: "q", DestinationType: "queue", Key: "k"}},
			Description{"binding.delete", "v", "x", `queue="q" key="k"`}},
	} {
		if got := Describe(c.command); got != c.want {
			t.Errorf("Describe(%+v) is %+v, want %+v", c.command, got, c.want)
		}
	}
}
