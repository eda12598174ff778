package result

import "slices"

// Stats says what the good runs of a case have in common. A run that failed counts in Failed and nowhere else.
type Stats struct {
	N, Failed  int     // good runs, and the others
	Throughput Summary // bit/s
	Seconds    Summary
	CPU        Summary // seconds, user and system
}

// Summary is the median of some values, and how far they lie apart. The median of an even number is the mean of the two in
// the middle. Without values all is 0.
type Summary struct{ Median, Min, Max float64 }

// Spread is (max-min)/median; 0 where the median is.
func (s Summary) Spread() float64 {
	if s.Median == 0 {
		return 0
	}
	return (s.Max - s.Min) / s.Median
}

// Good reports whether the run came to its end.
func (s Sample) Good() bool { return s.Error == "" }

// Good are the runs that came to their end.
func (c Case) Good() (runs []Sample) {
	for _, s := range c.Samples {
		if s.Good() {
			runs = append(runs, s)
		}
	}
	return runs
}

// Stats of the case's runs.
func (c Case) Stats() Stats {
	good := c.Good()
	return Stats{
		N:          len(good),
		Failed:     len(c.Samples) - len(good),
		Throughput: Summarize(good, Sample.BitsPerSecond),
		Seconds:    Summarize(good, func(s Sample) float64 { return s.Seconds }),
		CPU:        Summarize(good, Sample.CPU),
	}
}

// Summarize sums up one figure of runs.
func Summarize(runs []Sample, figure func(Sample) float64) Summary {
	if len(runs) == 0 {
		return Summary{}
	}
	values := make([]float64, 0, len(runs))
	for _, s := range runs {
		values = append(values, figure(s))
	}
	slices.Sort(values)
	return Summary{Median: median(values), Min: values[0], Max: values[len(values)-1]}
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1]/2 + sorted[n/2]/2 // halves first: a sum may be infinite
}
