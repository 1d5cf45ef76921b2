// Command shapes asks a node everything that was recorded of RabbitMQ 3.10.8's
// management API, and compares the answers: the status, each field and its type,
// headers, the texts of errors. test/suites/shapes.sh runs it.
//
//	go run ./test/shapes --http 127.0.0.1:15672 --amqp 127.0.0.1:5672
//
// It makes two virtual hosts and some users, publishes and consumes while it
// looks, and removes what it made.
//
// Words:
//
//	shape       what a value looks like: its types, its fields, their shapes
//	request     one line of the session: what is asked and what must come back
//	section     setup, look, refuse, probe and teardown, in this order
//	name        {v}, {u_amqp}, {conn}: filled in for this run      names.go
//	difference  a field or a request that is meant to differ, with the reason
//
// The record is in testdata, as text that is read beside the code:
//
//	shapes.txt   shape NAME TYPES, and below it one line a field, indented by tabs:
//	             NAME TYPES [sometimes|may] [in A|B]. TYPES is @SHAPE, or JSON
//	             types with | between them, an array's followed by "of TYPES".
//	             A field is in every object of an answer; "sometimes" in one at
//	             least; "may" be absent. "*" stands for all other fields;
//	             "when KEY=VALUE" for further fields of objects with that value.
//	session.txt  ID METHOD PATH STATUS, and below it the attributes of
//	             attributes in session.go.
//	differs.txt  field NAME: reason, request ID: reason. What is listed and does not
//	             differ fails the run, so that the list stays true.
//
// What it does not do: it compares no numbers, and allows fields that were not
// recorded, because clients do.
package main
