{{/* What the schema cannot say: values that contradict each other, sums that cannot come out, names of other charts. */}}
{{- define "tidegate.validate" -}}
{{- $values := .Values -}}

{{- range $name, $advice := dict
  "postgresql" "this chart brings no database: put the URL of yours into a secret and name it in database.existingSecret"
  "kafkaCluster" "this chart brings no Kafka: name your brokers in kafka.brokers"
  "replicaCount" "each service has its own: gateway.replicas, ingest.replicas, aggregator.replicas, query.replicas"
  "autoscaling" "each service has its own: gateway.autoscaling and so on"
  "resources" "each service has its own: gateway.resources and so on"
  "existingSecret" "say which: database.existingSecret, secrets.existingSecret or redis.existingSecret"
  "env" "use settings for plain values, extraEnv for those of secrets" }}
{{- if hasKey $values $name }}
{{- fail (printf "%s is no value of this chart: %s" $name $advice) }}
{{- end }}
{{- end }}

{{- if and $values.cdn.enabled (not $values.cdn.ranges) }}
{{- fail "cdn.ranges is not set: name the addresses from which the network comes, or every caller would have its address" }}
{{- end }}
{{- if not $values.kafka.brokers }}
{{- fail "kafka.brokers is not set: name your brokers, for instance --set kafka.brokers=kafka-0.kafka:9092" }}
{{- end }}
{{- if not $values.database.existingSecret }}
{{- fail (printf "database.existingSecret is not set: kubectl create secret generic db-credentials --namespace %s --from-literal=url=postgres://<user>:<password>@<host>:5432/tidegate" .Release.Namespace) }}
{{- end }}
{{- if not $values.secrets.existingSecret }}
{{- fail (printf "secrets.existingSecret is not set: kubectl create secret generic tidegate-secrets --namespace %s --from-literal=SECRET_KEY=$(openssl rand -base64 32) --from-literal=PSEUDONYM_SECRET=$(openssl rand -base64 32) --from-literal=FIELD_KEYS=$(openssl rand -base64 32)" .Release.Namespace) }}
{{- end }}
{{- if contains "@" $values.redis.url }}
{{- fail "redis.url holds a password, and values are kept in the clear: put the URL into a secret and name it in redis.existingSecret" }}
{{- end }}
{{- if not (or $values.redis.url $values.redis.existingSecret $values.redis.existingConfigMap) }}
{{- fail "redis is not set: give redis.url, redis.existingSecret or redis.existingConfigMap" }}
{{- end }}
{{- if and (ne $values.kafka.sasl.mechanism "none") (not (and $values.kafka.sasl.username $values.kafka.sasl.existingSecret)) }}
{{- fail "kafka.sasl.mechanism needs kafka.sasl.username and kafka.sasl.existingSecret" }}
{{- end }}
{{- if and $values.database.pooler.enabled (not $values.database.directUrlKey) }}
{{- fail "database.pooler.enabled needs database.directUrlKey: migrations, the job queue and the gateway's ear for changes hold sessions, which a pooler takes away" }}
{{- end }}
{{- if and (eq $values.telemetry.otlpEndpoint "none") (or (eq $values.telemetry.metrics "otlp") (eq $values.telemetry.logs "otlp")) }}
{{- fail "telemetry.metrics and telemetry.logs need telemetry.otlpEndpoint, the collector that they go to" }}
{{- end }}
{{- if and $values.externalSecrets.enabled (eq $values.migrations.mode "hook") }}
{{- fail "externalSecrets.enabled with migrations.mode=hook: a hook runs before the secrets of this chart exist and would wait for them forever; use initContainer or external" }}
{{- end }}
{{- with $values.archive }}
{{- if and .enabled (not (and .s3.endpoint .s3.bucket .s3.existingSecret)) }}
{{- fail "archive.enabled needs archive.s3.endpoint, archive.s3.bucket and archive.s3.existingSecret" }}
{{- end }}
{{- end }}
{{- with $values.warehouse }}
{{- if and .enabled (not (and .s3.endpoint .s3.bucket .s3.existingSecret)) }}
{{- fail "warehouse.enabled needs warehouse.s3.endpoint, warehouse.s3.bucket and warehouse.s3.existingSecret" }}
{{- end }}
{{- if and .schedules (not .enabled) }}
{{- fail "warehouse.schedules needs warehouse.enabled: without a store nothing is exported" }}
{{- end }}
{{- end }}
{{- with $values.backup }}
{{- if and .enabled (not (and .image (or .existingClaim .s3.endpoint) .existingSecret)) }}
{{- fail "backup.enabled needs backup.image, backup.existingClaim (or backup.s3.endpoint) and backup.existingSecret" }}
{{- end }}
{{- if and .enabled .s3.endpoint (not (and .s3.bucket .s3.existingSecret)) }}
{{- fail "backup.s3.endpoint needs backup.s3.bucket and backup.s3.existingSecret" }}
{{- end }}
{{- end }}
{{- if and $values.service.redirect.enabled (or (not $values.service.httpsPort) (eq (int $values.service.httpsPort) (int $values.service.port))) }}
{{- fail "service.redirect.enabled needs service.httpsPort, another port than service.port: where it sends to" }}
{{- end }}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) }}
{{- fail "ingress.enabled needs ingress.hosts" }}
{{- end }}
{{- if and $values.gatewayApi.enabled (not $values.gatewayApi.parentRefs) }}
{{- fail "gatewayApi.enabled needs gatewayApi.parentRefs: the Gateway that the route belongs to" }}
{{- end }}
{{- if and $values.externalSecrets.enabled (not $values.externalSecrets.store.name) }}
{{- fail "externalSecrets.enabled needs externalSecrets.store.name" }}
{{- end }}

{{- include "tidegate.validateScaling" . }}
{{- include "tidegate.validateSums" . }}
{{- end }}

{{/* The most pods of a service that there can be at once. Takes root and service. */}}
{{- define "tidegate.podsMax" -}}
{{- $of := get .root.Values .service -}}
{{- if and (hasKey $of "keda") (dig "keda" "enabled" false $of) -}}
{{ $of.keda.maxReplicas }}
{{- else if $of.autoscaling.enabled -}}
{{ $of.autoscaling.maxReplicas }}
{{- else -}}
{{ $of.replicas }}
{{- end }}
{{- end }}

{{- define "tidegate.podsMin" -}}
{{- $of := get .root.Values .service -}}
{{- if and (hasKey $of "keda") (dig "keda" "enabled" false $of) -}}
{{ $of.keda.minReplicas }}
{{- else if $of.autoscaling.enabled -}}
{{ $of.autoscaling.minReplicas }}
{{- else -}}
{{ $of.replicas }}
{{- end }}
{{- end }}

{{- define "tidegate.validateScaling" -}}
{{- $values := .Values -}}
{{- if and $values.aggregator.keda.enabled $values.aggregator.autoscaling.enabled }}
{{- fail "aggregator.keda and aggregator.autoscaling are both on: two autoscalers of one workload undo each other's work" }}
{{- end }}
{{- if and $values.aggregator.keda.enabled (not $values.aggregator.keda.prometheusUrl) }}
{{- fail "aggregator.keda.enabled needs aggregator.keda.prometheusUrl" }}
{{- end }}
{{- range $service := splitList " " (include "tidegate.services" .) }}
{{- $of := get $values $service }}
{{- $pair := dict "root" $ "service" $service }}
{{- $least := include "tidegate.podsMin" $pair | int }}
{{- $most := include "tidegate.podsMax" $pair | int }}
{{- if gt $least $most }}
{{- fail (printf "%s: minReplicas %d is above maxReplicas %d" $service $least $most) }}
{{- end }}
{{- if and (gt $least 1) (ge (int $of.podDisruptionBudget.maxUnavailable) $least) }}
{{- fail (printf "%s.podDisruptionBudget.maxUnavailable is %d of %d pods: a drain could take them all" $service (int $of.podDisruptionBudget.maxUnavailable) $least) }}
{{- end }}
{{- $needed := add 25 $values.preStopSeconds | int }}
{{- if lt (int $of.terminationGracePeriodSeconds) $needed }}
{{- fail (printf "%s.terminationGracePeriodSeconds is %d: a service may take 25 s to stop after preStopSeconds, so it needs %d" $service (int $of.terminationGracePeriodSeconds) $needed) }}
{{- end }}
{{- end }}
{{- $aggregators := include "tidegate.podsMax" (dict "root" . "service" "aggregator") | int }}
{{- if gt $aggregators (int $values.kafka.partitions) }}
{{- fail (printf "%d aggregators for %d partitions: those above kafka.partitions would own nothing" $aggregators (int $values.kafka.partitions)) }}
{{- end }}
{{- end }}

{{/* Connections of a pod to `database.urlKey` and to `database.directUrlKey`: what the services' pools hold at most. */}}
{{- define "tidegate.validateSums" -}}
{{- $values := .Values -}}
{{- $pods := dict -}}
{{- range $service := splitList " " (include "tidegate.services" .) }}
{{- $_ := set $pods $service (include "tidegate.podsMax" (dict "root" $ "service" $service) | int) }}
{{- end }}
{{- $direct := add (mul 3 $pods.ingest) $pods.gateway (mul 2 $pods.query) | int }}
{{- $others := add (mul 5 $pods.gateway) (mul 2 $pods.ingest) (mul 8 $pods.aggregator) (mul (int $values.query.databaseConnections) $pods.query) | int }}
{{- $atPostgres := sub $values.database.connectionsMax $values.database.connectionsReserved | int }}
{{- if $values.database.pooler.enabled }}
{{- $limit := int $values.database.pooler.clientConnectionsMax }}
{{- if gt $others $limit }}
{{- fail (printf "up to %d connections to a pooler that takes %d (database.pooler.clientConnectionsMax): fewer pods at most, or query.databaseConnections of %d at most" $others $limit (min 50 (div $limit (max 1 $pods.query)))) }}
{{- end }}
{{- if gt $direct $atPostgres }}
{{- fail (printf "up to %d connections past the pooler to Postgres, which has %d for them (database.connectionsMax less connectionsReserved)" $direct $atPostgres) }}
{{- end }}
{{- else if gt (add $others $direct | int) $atPostgres }}
{{- fail (printf "up to %d connections to Postgres, which has %d for them (database.connectionsMax less connectionsReserved): put a pooler in front (database.pooler), or fewer pods or connections" (add $others $direct) $atPostgres) }}
{{- end }}
{{- $heap := include "tidegate.heapMb" (dict "root" . "service" "aggregator") | int }}
{{- $memory := include "tidegate.mebibytes" $values.aggregator.resources.limits.memory | int }}
{{- if lt $heap 96 }}
{{- fail (printf "aggregator.resources.requests.memory less dedupMemoryMb (%d) leaves a heap of %d MiB: it needs 96" (int $values.aggregator.dedupMemoryMb) $heap) }}
{{- end }}
{{- if gt (add $heap $values.aggregator.dedupMemoryMb | int) $memory }}
{{- fail (printf "aggregator: a heap of %d MiB and dedupMemoryMb %d do not fit the limit of %d MiB" $heap (int $values.aggregator.dedupMemoryMb) $memory) }}
{{- end }}
{{- $windowMin := add $values.kafka.eventsRetentionHours 18 | int }}
{{- if lt (int $values.aggregator.dedupWindowHours) $windowMin }}
{{- fail (printf "aggregator.dedupWindowHours is %d: it must be kafka.eventsRetentionHours + 6 + 12 = %d at least, or events count twice when the log is read again" (int $values.aggregator.dedupWindowHours) $windowMin) }}
{{- end }}
{{- end }}

{{/* Told before anything else is rendered, for what is new in a chart has no value among the defaults of an earlier one. */}}
{{- define "tidegate.validateDefaults" -}}
{{- $of := .Values.valuesOf | default "" -}}
{{- if ne $of .Chart.Version -}}
{{- fail (printf "these are defaults of %s, and this is chart %s: --reuse-values keeps those of the chart that was installed, so what is new has no value; upgrade with --reset-then-reuse-values, which keeps your own (and take valuesOf out of your files, if it is there)" (ternary (printf "chart %s" $of) "an earlier chart" (ne $of "")) .Chart.Version) }}
{{- end -}}
{{- end -}}
