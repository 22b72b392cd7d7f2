// Command envoy-api writes the descriptors of Envoy's API, as istiod knows it, to standard output: a FileDescriptorSet.
package main

import (
	"os"
	"sort"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	_ "istio.io/istio/pilot/pkg/bootstrap" // links in every type that istiod takes in an EnvoyFilter
)

func isEnvoys(path string) bool {
	for _, prefix := range []string{"envoy/", "contrib/envoy/", "xds/", "udpa/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func main() {
	files := map[string]protoreflect.FileDescriptor{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if isEnvoys(file.Path()) {
			files[file.Path()] = file
		}
		return true
	})
	set := &descriptorpb.FileDescriptorSet{}
	written := map[string]bool{}
	var write func(file protoreflect.FileDescriptor)
	write = func(file protoreflect.FileDescriptor) { // what a file imports stands before it
		if written[file.Path()] {
			return
		}
		written[file.Path()] = true
		for i := 0; i < file.Imports().Len(); i++ {
			write(file.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	}
	paths := make([]string, 0, len(files))
	for path := range files {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		write(files[path])
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		panic(err)
	}
	if _, err := os.Stdout.Write(bytes); err != nil {
		panic(err)
	}
}
