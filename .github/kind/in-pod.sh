#!/usr/bin/env bash
# in-pod.sh ARGS…: runs the command line of the image in the cluster, with the database that the services have.
set -euo pipefail
arguments=$(printf '%s\n' packages/cli/src/main.ts "$@" | jq -R . | jq -sc .)
pod=$(
  jq -nc --argjson arguments "$arguments" '{
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [{
        name: "tidegate-cli", image: "tidegate:ci", imagePullPolicy: "Never", args: $arguments,
        env: [{ name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: "db-credentials", key: "url" } } }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }
      }]
    }
  }'
)
kubectl run tidegate-cli -n tidegate --rm -i --quiet --restart=Never --image=tidegate:ci --overrides="$pod"
