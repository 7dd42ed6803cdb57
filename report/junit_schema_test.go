package report

import (
	"bytes"
	"os/exec"
	"testing"
)

// The schema that Jenkins' xUnit plugin holds reports to:
// https://github.com/jenkinsci/xunit-plugin, src/main/resources.
const jenkinsSchema = "testdata/jenkins-junit-10.xsd"

func TestJUnitIsValidByTheSchemaOfJenkins(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("SKIPPED: xmllint is not here (Debian: libxml2-utils); the rules of the schema are tested without it")
	}
	valid := func(doc []byte) error {
		cmd := exec.CommandContext(t.Context(), xmllint, "--nonet", "--noout", "--schema", jenkinsSchema, "-") //nolint:gosec // found on the path
		cmd.Stdin = bytes.NewReader(doc)
		var says bytes.Buffer
		cmd.Stderr = &says
		if err := cmd.Run(); err != nil {
			t.Logf("%s", says.Bytes())
			return err
		}
		return nil
	}
	for name, m := range models() {
		if err := valid(render(t, JUnit{}, m)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := valid([]byte(`<testsuites><testsuite tests="1"/></testsuites>`)); err == nil {
		t.Error("a suite without a name is valid")
	}
}
