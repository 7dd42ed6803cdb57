package services

import (
	"strings"
	"testing"
)

func TestWhatAServiceMustBeTold(t *testing.T) {
	all := map[string]string{
		"SURETY_DATABASE": "postgres://db/x", "SURETY_BOOTSTRAP": "a:1, b:2", "SURETY_OUTPUT": "events", "SURETY_INPUT": "in", "SURETY_GROUP": "g",
	}
	for _, tt := range []struct {
		service Service
		change  string
		want    string
		why     string
	}{
		{direct, "", "", "everything is there"},
		{direct, "SURETY_DATABASE=", "SURETY_DATABASE is not set", "no service works without a database"},
		{direct, "SURETY_OUTPUT=", "SURETY_OUTPUT is not set", "events go somewhere"},
		{direct, "SURETY_INPUT=", "", "what takes orders reads no topic"},
		{inbox, "SURETY_INPUT=", "SURETY_INPUT is not set", "a consumer reads a topic"},
		{direct, "SURETY_PORT=99999", "SURETY_PORT", "no such port"},
		{direct, "SURETY_PATIENCE=soon", "SURETY_PATIENCE", "no duration"},
	} {
		name, value, _ := strings.Cut(tt.change, "=")
		_, err := ConfigFromEnv(tt.service, func(n string) string {
			if n == name {
				return value
			}
			return all[n]
		})
		if got := ""; err != nil {
			got = err.Error()
			if tt.want == "" || !strings.Contains(got, tt.want) {
				t.Errorf("%s, %s: %s; want %q: %s", tt.service.Name, tt.change, got, tt.want, tt.why)
			}
		} else if tt.want != "" {
			t.Errorf("%s, %s: no error; want %q: %s", tt.service.Name, tt.change, tt.want, tt.why)
		}
	}
}

func TestServicesAreToldApartAndPlantedOnesHaveATwin(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range All {
		if seen[s.Name] {
			t.Errorf("two services are named %s", s.Name)
		}
		seen[s.Name] = true
		if s.Serves() == (s.Table != "") {
			t.Errorf("%s takes orders or has effects in a table, one of them", s.Name)
		}
		if twin, err := Find(s.Twin); s.Broken && (err != nil || twin.Broken || s.Breaks == "") {
			t.Errorf("%s is planted and wants a correct twin and a class", s.Name)
		}
	}
}
