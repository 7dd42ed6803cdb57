// Package services holds small order services that change a row of a PostgreSQL
// database and tell of it by an event in a Kafka topic, each by another pattern of
// emission, and consumers that have an effect in a database for each event. Some keep
// what they declare; the planted ones break it, so that a judge can show that it
// catches them.
//
// They run as processes of their own and are told everything by environment variables
// (see ConfigFromEnv), as any program under test is. What takes orders does so over
// HTTP, and nothing of it is particular to Go:
//
//	PUT /orders/{key}   {"seq": 7, "value": "..."}: the order of this number of this
//	                    customer. 2xx: it stands in the table orders(key, seq, value).
//	                    Any other answer, or none: it may stand there or not. An order
//	                    that is there already is answered 200 and changes nothing.
//	PUT /crash/{point}  the process ends itself, as SIGKILL would, when an order or the
//	                    relay next passes the point; ?after=200ms arms it later. 404:
//	                    the pattern has no such point.
//	GET /health         200 once orders are taken.
//
// The event of an order has the key of the customer and the value of the order.
package services
