// Package postgres reads databases: recording readers of tables, as sinks, and whether
// the server answers.
package postgres
