package postgres

import (
	"bytes"
	"strings"

	"surety/topologies/protocol"
)

// statementOf tells what an SQL text does to transactions: of several statements the one
// that counts.
func statementOf(text []byte) statement {
	var is statement
	s := scanner{text: text}
	for {
		words, gid, more := s.statement()
		is = is.above(kindOf(words, gid))
		if !more {
			return is
		}
	}
}

// kindOf tells a statement by its first words, which are in capitals.
func kindOf(words []string, gid string) statement {
	first, second := "", ""
	if len(words) > 0 {
		first = words[0]
	}
	if len(words) > 1 {
		second = words[1]
	}
	kinds := protocol.Postgres.Requests
	switch {
	case first == "START" && second == "TRANSACTION":
		return statement{kind: kinds["BEGIN"]}
	case first == "PREPARE" && second == "TRANSACTION":
		return statement{kinds["PREPARE TRANSACTION"], gid}
	case (first == "COMMIT" || first == "ROLLBACK") && second == "PREPARED":
		return statement{kinds[first+" PREPARED"], gid}
	case first == "END":
		return statement{kind: kinds["COMMIT"]}
	case first == "ABORT":
		return statement{kind: kinds["ROLLBACK"]}
	case first == "ROLLBACK" && contains(words, "TO"): // a savepoint
		return statement{}
	}
	return statement{kind: kinds[first]}
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// fewWords is how many words of a statement are looked at: ROLLBACK WORK TO SAVEPOINT.
const fewWords = 4

// scanner takes an SQL text apart.
type scanner struct {
	text []byte
	at   int
}

// statement gives the first words of the next statement, the first string in it, and
// whether another one may follow.
func (s *scanner) statement() (words []string, quoted string, more bool) {
	had := false
	for s.at < len(s.text) {
		c := s.text[s.at]
		rest := s.text[s.at:]
		switch {
		case c == ';':
			s.at++
			return words, quoted, true
		case bytes.HasPrefix(rest, []byte("--")):
			s.skip(rest, "\n")
		case bytes.HasPrefix(rest, []byte("/*")):
			s.comment()
		case c == '\'' || c == '"':
			text := s.quoted(c)
			if c == '\'' && !had {
				quoted, had = text, true
			}
		case c == '$':
			s.dollar()
		case isLetter(c):
			from := s.at
			for s.at < len(s.text) && (isLetter(s.text[s.at]) || s.text[s.at] >= '0' && s.text[s.at] <= '9') {
				s.at++
			}
			if len(words) < fewWords {
				words = append(words, strings.ToUpper(string(s.text[from:s.at])))
			}
		default:
			s.at++
		}
	}
	return words, quoted, false
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

// skip goes past the next end, or to the end of the text.
func (s *scanner) skip(rest []byte, end string) {
	if i := bytes.Index(rest, []byte(end)); i >= 0 {
		s.at += i + len(end)
		return
	}
	s.at = len(s.text)
}

// comment goes past a comment, which may have others in it.
func (s *scanner) comment() {
	for deep := 0; s.at < len(s.text); {
		rest := s.text[s.at:]
		switch {
		case bytes.HasPrefix(rest, []byte("/*")):
			deep++
			s.at += 2
		case bytes.HasPrefix(rest, []byte("*/")):
			s.at += 2
			if deep--; deep == 0 {
				return
			}
		default:
			s.at++
		}
	}
}

// quoted goes past a string or a quoted name, in which the quote is doubled, and gives
// its text.
func (s *scanner) quoted(quote byte) string {
	escapes := quote == '\'' && s.at > 0 && (s.text[s.at-1] == 'E' || s.text[s.at-1] == 'e')
	var out []byte
	for s.at++; s.at < len(s.text); s.at++ {
		c := s.text[s.at]
		switch {
		case escapes && c == '\\' && s.at+1 < len(s.text):
			s.at++
			c = s.text[s.at]
		case c == quote && s.at+1 < len(s.text) && s.text[s.at+1] == quote:
			s.at++
		case c == quote:
			s.at++
			return string(out)
		}
		out = append(out, c)
	}
	return string(out)
}

// dollar goes past a string in dollar quotes, $$...$$ or $tag$...$tag$, or past the
// number of a parameter.
func (s *scanner) dollar() {
	end := s.at + 1
	for end < len(s.text) && (isLetter(s.text[end]) || end > s.at+1 && s.text[end] >= '0' && s.text[end] <= '9') {
		end++
	}
	if end == len(s.text) || s.text[end] != '$' {
		s.at++
		return
	}
	tag := string(s.text[s.at : end+1])
	s.at = end + 1
	s.skip(s.text[s.at:], tag)
}
