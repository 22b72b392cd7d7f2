// Command istio-harness runs Istio's own discovery code (the part of istiod
// that turns Kubernetes and Istio objects into Envoy configuration) on a plain
// TCP port, fed from YAML files instead of a Kubernetes API server. Envoy, or
// Istio's pilot-agent in front of Envoy, connects over ADS and receives the
// listeners, clusters, routes and extension configs a pod would receive.
//
// Standard output has one line for each change of state: "ready ADDRESS",
// "reloaded", "reload failed: REASON". Istio's own log goes to standard error.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"google.golang.org/protobuf/types/known/wrapperspb"
	meshconfig "istio.io/api/mesh/v1alpha1"
	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test"
)

var (
	listen   = flag.String("listen", "127.0.0.1:15010", "address of the plain-text ADS server; port 0: any free one")
	debug    = flag.String("debug", "", "address of istiod's /debug endpoints (syncz, configz, config_dump); empty: off")
	kube     = flag.String("kube", "", "comma-separated YAML files of Kubernetes objects (Service, EndpointSlice, Pod)")
	istio    = flag.String("istio", "", "comma-separated YAML files of Istio objects; read again on SIGHUP")
	meshFile = flag.String("mesh", "", "YAML file of MeshConfig fields, laid over the defaults")
	upstream = flag.Bool("upstream-envoy", true, "send nothing that only Istio's build of Envoy understands")
	stdin    = flag.Bool("end-with-stdin", false, "end when standard input does: no caller leaves the harness behind")
)

// readAll joins YAML files into one stream of documents.
func readAll(files string) (string, error) {
	var docs []string
	for _, name := range strings.FieldsFunc(files, func(r rune) bool { return r == ',' }) {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		docs = append(docs, string(b))
	}
	return strings.Join(docs, "\n---\n"), nil
}

// meshOf is Istio's default, without what needs more than this program and
// an Envoy, with the user's fields over it.
func meshOf(fields string) (*meshconfig.MeshConfig, error) {
	mc := mesh.DefaultMeshConfig() // has no default metrics provider, so no istio.stats
	if *upstream {
		features.MetadataExchange = false          // PILOT_ENABLE_METADATA_EXCHANGE
		features.ALPNFilter = false                // PILOT_ENABLE_ALPN_FILTER
		mc.EnableAutoMtls = wrapperspb.Bool(false) // certificates come from a CA that is not here
	}
	return mesh.ApplyMeshConfig(fields, mc)
}

// awaitSignals delivers SIGHUP as the wish to reload; anything else ends the program.
func awaitSignals() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	if *stdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			signals <- syscall.SIGTERM
		}()
	}
	return signals
}

func run() error {
	logTo := log.DefaultOptions()
	logTo.OutputPaths = []string{"stderr"}
	objects, errKube := readAll(*kube)
	configs, errIstio := readConfigs(*istio)
	fields, errMesh := readAll(*meshFile)
	if err := errors.Join(log.Configure(logTo), errKube, errIstio, errMesh); err != nil {
		return err
	}
	mc, err := meshOf(fields)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	signals := awaitSignals()
	return test.Wrap(func(t test.Failer) {
		s := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
			KubernetesObjectString: objects,
			Configs:                configs,
			MeshConfig:             mc,
			ListenerBuilder:        func() (net.Listener, error) { return listener, nil },
		})
		if *debug != "" {
			go func() { log.Error(http.ListenAndServe(*debug, s.DiscoveryDebug)) }()
		}
		fmt.Println("ready", listener.Addr())
		for sig := range signals {
			if sig != syscall.SIGHUP {
				return
			}
			if configs, err = reload(s.Store(), *istio, configs); err != nil {
				fmt.Println("reload failed:", err)
				continue
			}
			fmt.Println("reloaded")
		}
	})
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "istio-harness:", err)
		os.Exit(1)
	}
}
