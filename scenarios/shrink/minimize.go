package shrink

import "slices"

// minimize reduces a list that violates to one of which every single element is
// needed, by the minimizing delta debugging algorithm (A. Zeller and R. Hildebrandt,
// Simplifying and Isolating Failure-Inducing Input, IEEE Transactions on Software
// Engineering 28, 2002): it tries ever smaller parts of the list, and the list without
// them. The order is kept. For n elements the test is asked at most n² + 3n times. At
// an error it returns the smallest list so far.
func minimize[T any](list []T, violates func([]T) (bool, error)) ([]T, error) {
	parts := 2
	for len(list) > 1 {
		chunks := split(list, parts)
		smaller, ok, err := first(chunks, violates)
		if err == nil && ok {
			list, parts = smaller, 2
			continue
		}
		if err == nil && parts > 2 { // of two parts each is what is left without the other
			smaller, ok, err = first(complements(chunks), violates)
		}
		switch {
		case err != nil:
			return list, err
		case ok:
			list, parts = smaller, max(parts-1, 2)
		case parts >= len(list):
			return list, nil
		default:
			parts = min(2*parts, len(list))
		}
	}
	return list, nil
}

// first finds the first candidate that violates.
func first[T any](candidates [][]T, violates func([]T) (bool, error)) ([]T, bool, error) {
	for _, c := range candidates {
		if ok, err := violates(c); ok || err != nil {
			return c, ok, err
		}
	}
	return nil, false, nil
}

// split cuts a list into so many parts that differ by one element at most.
func split[T any](list []T, parts int) (out [][]T) {
	for i := range parts {
		out = append(out, list[i*len(list)/parts:(i+1)*len(list)/parts])
	}
	return out
}

// complements are what is left of the whole without each of the chunks.
func complements[T any](chunks [][]T) (out [][]T) {
	for i := range chunks {
		out = append(out, slices.Concat(slices.Concat(chunks[:i]...), slices.Concat(chunks[i+1:]...)))
	}
	return out
}

// descend finds a small number, from high down to low, with which it still violates;
// high is known to. It takes larger numbers to violate wherever smaller ones do, and
// asks at most tries times. At an error it returns the smallest number so far.
func descend(low, high int64, tries int, violates func(int64) (bool, error)) (int64, error) {
	next := low
	for range tries {
		if low >= high {
			break
		}
		ok, err := violates(next)
		if err != nil {
			return high, err
		}
		if ok {
			high = next
		} else {
			low = next + 1
		}
		next = low + (high-low)/2
	}
	return high, nil
}
