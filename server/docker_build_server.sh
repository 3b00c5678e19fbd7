#!/bin/sh
# Builds the image of the server: docker_build_server.sh TAG [more of docker build].
# PYTHON_IMAGE names the base, with its digest at a release; BUILDER another tool (buildah, podman).
set -eu
cd "$(dirname "$0")"
[ $# -ge 1 ] || { echo "usage: docker_build_server.sh TAG [OPTIONS]" >&2; exit 2; }
tag=$1
shift
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
${BUILDER:-docker} build --file Dockerfile.server --tag "aliquot-server:$tag" \
  --build-arg VERSION="$tag" --build-arg REVISION="$revision" \
  ${PYTHON_IMAGE:+--build-arg PYTHON_IMAGE="$PYTHON_IMAGE"} "$@" .
echo "aliquot-server:$tag, $(${BUILDER:-docker} image inspect --format '{{.Size}}' "aliquot-server:$tag" 2>/dev/null || echo '?') bytes"
