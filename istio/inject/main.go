// Command inject does to workloads what istiod's webhook does to their pods:
// it adds Istio's proxy, as the charts of Istio's own installation say.
//
//	inject < WORKLOADS.yaml > INJECTED.yaml
package main

import (
	"fmt"
	"os"

	"istio.io/istio/operator/pkg/render"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/kube/inject"
)

// install is the smallest installation that has an injector.
var install = []string{"profile=empty", "components.pilot.enabled=true"}

// What the injector works by, as "NAME/KEY" of ConfigMaps of the installation.
const (
	templates  = "istio-sidecar-injector/config"
	values     = "istio-sidecar-injector/values"
	meshConfig = "istio/mesh"
)

// settings returns those three.
func settings() (map[string]string, error) {
	sets, _, err := render.GenerateManifest(nil, install, false, nil, nil)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, set := range sets {
		for _, m := range set.Manifests {
			data, _ := m.Object["data"].(map[string]any)
			for key, value := range data {
				if text, ok := value.(string); ok && m.GetKind() == "ConfigMap" {
					found[m.GetName()+"/"+key] = text
				}
			}
		}
	}
	for _, name := range []string{templates, values, meshConfig} {
		if found[name] == "" {
			return nil, fmt.Errorf("the installation has no ConfigMap %s", name)
		}
	}
	return found, nil
}

func run() error {
	found, err := settings()
	if err != nil {
		return err
	}
	config, err := inject.UnmarshalConfig([]byte(found[templates]))
	if err != nil {
		return err
	}
	valuesConfig, err := inject.NewValuesConfig(found[values])
	if err != nil {
		return err
	}
	mc, err := mesh.ApplyMeshConfig(found[meshConfig], mesh.DefaultMeshConfig())
	if err != nil {
		return err
	}
	warn := func(warning string) { fmt.Fprintln(os.Stderr, warning) }
	return inject.IntoResourceFile(nil, config.Templates, valuesConfig, "", mc, os.Stdin, os.Stdout, warn)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "inject:", err)
		os.Exit(1)
	}
}
