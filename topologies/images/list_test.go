package images

import (
	"strings"
	"testing"
)

func TestTheListSaysWhatIsBuiltAndWhatIsNot(t *testing.T) {
	var b strings.Builder
	err := Write(&b, []Image{
		{Recipe: Recipe{Name: "jre", Version: "17", About: "Java"}},
		{Recipe: Recipe{Name: "kafka", Version: "4.2.0", About: "Kafka"}, Present: []Built{{Tag: "surety/kafka:3.9.1", Bytes: 603_000_000}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "RECIPE  IMAGE               SIZE       WHAT\n" +
		"jre     surety/jre:17       not built  Java\n" +
		"kafka   surety/kafka:3.9.1  603 MB     Kafka\n"
	if b.String() != want {
		t.Errorf("list\n%s\nwant\n%s", b.String(), want)
	}
}
