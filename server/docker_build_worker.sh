#!/bin/sh
# Builds the image of the worker: docker_build_worker.sh TAG [more of docker build].
# PYTHON_IMAGE names the base, with its digest at a release; BUILDER another tool (buildah, podman).
set -eu
cd "$(dirname "$0")"
[ $# -ge 1 ] || { echo "usage: docker_build_worker.sh TAG [OPTIONS]" >&2; exit 2; }
tag=$1
shift
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
${BUILDER:-docker} build --file Dockerfile.worker --tag "aliquot-worker:$tag" \
  --build-arg VERSION="$tag" --build-arg REVISION="$revision" \
  ${PYTHON_IMAGE:+--build-arg PYTHON_IMAGE="$PYTHON_IMAGE"} "$@" .
echo "aliquot-worker:$tag, $(${BUILDER:-docker} image inspect --format '{{.Size}}' "aliquot-worker:$tag" 2>/dev/null || echo '?') bytes"
