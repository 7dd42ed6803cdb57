// Package mutants holds small mistakes that could stand in the judge, one by one,
// as a list in mutants.txt. Its tests hold the list against the source: each
// mutant must still apply, and with -kill each must be noticed by the tests of the
// judge, or the list must say why nobody can notice it.
//
//	go test ./checker/mutants -kill -timeout 2h
//
// With -budget it begins no further mutant after that time, and takes them from each
// file in turn, so that those it had time for are spread over all files.
package mutants
