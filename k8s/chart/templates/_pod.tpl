{{/* What every pod of the chart has: services, migration and test. */}}

{{/* Pod Security "restricted". No user by number: the image's own is 65532, and OpenShift gives one of its own. */}}
{{- define "tidegate.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "tidegate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "tidegate.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "tidegate.secretEnv" -}}
- name: {{ .env }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}

{{/* What is no secret of how Kafka is reached, VARIABLE: value. Services find it in the config map. */}}
{{- define "tidegate.kafkaSettings" -}}
KAFKA_BROKERS: {{ .Values.kafka.brokers | quote }}
KAFKA_CLIENT: {{ .Values.kafka.client }}
TOPIC_PREFIX: {{ .Values.kafka.topicPrefix | quote }}
{{- if .Values.kafka.tls.enabled }}
KAFKA_TLS: 'true'
{{- end }}
{{- if ne .Values.kafka.sasl.mechanism "none" }}
KAFKA_SASL_MECHANISM: {{ .Values.kafka.sasl.mechanism }}
KAFKA_SASL_USERNAME: {{ .Values.kafka.sasl.username | quote }}
{{- end }}
{{- end }}

{{- define "tidegate.databaseEnv" -}}
{{ include "tidegate.secretEnv" (dict "env" "DATABASE_URL" "secret" .Values.database.existingSecret "key" .Values.database.urlKey) }}
{{- with .Values.database.directUrlKey }}
{{ include "tidegate.secretEnv" (dict "env" "DATABASE_DIRECT_URL" "secret" $.Values.database.existingSecret "key" .) }}
{{- end }}
{{- end }}

{{/* Secrets of Kafka and Postgres: for services and migrations alike. */}}
{{- define "tidegate.storesEnv" -}}
{{ include "tidegate.databaseEnv" . }}
{{- if and .Values.kafka.tls.enabled .Values.kafka.tls.existingSecret }}
{{ include "tidegate.secretEnv" (dict "env" "KAFKA_TLS_CA" "secret" .Values.kafka.tls.existingSecret "key" .Values.kafka.tls.caKey) }}
{{- end }}
{{- if ne .Values.kafka.sasl.mechanism "none" }}
{{ include "tidegate.secretEnv" (dict "env" "KAFKA_SASL_PASSWORD" "secret" .Values.kafka.sasl.existingSecret "key" .Values.kafka.sasl.passwordKey) }}
{{- end }}
{{- end }}

{{- define "tidegate.redisEnv" -}}
{{- if .Values.redis.url -}}
- name: REDIS_URL
  value: {{ .Values.redis.url | quote }}
{{- else if .Values.redis.existingSecret -}}
{{ include "tidegate.secretEnv" (dict "env" "REDIS_URL" "secret" .Values.redis.existingSecret "key" .Values.redis.urlKey) }}
{{- else -}}
- name: REDIS_URL
  valueFrom:
    configMapKeyRef:
      name: {{ .Values.redis.existingConfigMap }}
      key: {{ .Values.redis.urlKey }}
{{- end }}
{{- end }}

{{- define "tidegate.tlsEnv" -}}
{{- if .Values.tls.existingSecret }}
- name: TLS_CERT_FILE
  value: /etc/tidegate/tls/tls.crt
- name: TLS_KEY_FILE
  value: /etc/tidegate/tls/tls.key
- name: TLS_VERSION_MIN
  value: {{ .Values.tls.versionMin | quote }}
{{- end }}
{{- if .Values.tls.hstsSeconds }}
- name: HSTS_SECONDS
  value: {{ int .Values.tls.hstsSeconds | quote }}
{{- end }}
{{- end }}

{{/* Of a port that sends to where TLS is spoken, as callers see it. */}}
{{- define "tidegate.redirectEnv" -}}
{{- if .Values.service.redirect.enabled }}
- name: REDIRECT_PORT
  value: '8080'
- name: REDIRECT_TO_PORT
  value: {{ .Values.service.httpsPort | quote }}
{{- with .Values.service.redirect.hosts }}
- name: REDIRECT_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where an object store is and who may write to it. Takes prefix (of the variables) and s3. */}}
{{- define "tidegate.objectStoreEnv" -}}
- name: {{ .prefix }}_S3_ENDPOINT
  value: {{ .s3.endpoint | quote }}
- name: {{ .prefix }}_S3_BUCKET
  value: {{ .s3.bucket | quote }}
- name: {{ .prefix }}_S3_REGION
  value: {{ .s3.region | quote }}
{{ include "tidegate.secretEnv" (dict "env" (printf "%s_S3_ACCESS_KEY_ID" .prefix) "secret" .s3.existingSecret "key" .s3.accessKeyIdKey) }}
{{ include "tidegate.secretEnv" (dict "env" (printf "%s_S3_SECRET_ACCESS_KEY" .prefix) "secret" .s3.existingSecret "key" .s3.secretAccessKeyKey) }}
{{- end }}

{{/* Of object stores that query reads or writes: the archive, and exports to a warehouse. */}}
{{- define "tidegate.queryStoresEnv" -}}
{{- with .Values.archive }}
{{- if .enabled }}
{{ include "tidegate.objectStoreEnv" (dict "prefix" "ARCHIVE" "s3" .s3) }}
{{- end }}
{{- end }}
{{- with .Values.warehouse }}
{{- if .enabled }}
{{ include "tidegate.objectStoreEnv" (dict "prefix" "WAREHOUSE" "s3" .s3) }}
- name: WAREHOUSE_KEEP_DAYS
  value: {{ .keepDays | quote }}
{{- with .schedules }}
- name: WAREHOUSE_SCHEDULES
  value: {{ toJson . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Ports of those stores, as their URLs say. */}}
{{- define "tidegate.objectStorePorts" -}}
{{- $ports := list -}}
{{- range $of := list .Values.archive .Values.warehouse }}
{{- if $of.enabled }}
{{- $url := urlParse $of.s3.endpoint }}
{{- $named := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) }}
{{- $ports = append $ports (int (default (ternary "443" "80" (eq $url.scheme "https")) $named)) }}
{{- end }}
{{- end }}
{{- toJson $ports }}
{{- end }}

{{/* The environment of one service. Takes root and service. What all have in common and is no secret lies in the config map. */}}
{{- define "tidegate.env" -}}
{{- $values := .root.Values -}}
{{ include "tidegate.storesEnv" .root }}
{{- if has .service (list "gateway" "query") }}
{{ include "tidegate.redisEnv" .root }}
{{- end }}
{{- if ne .service "aggregator" }}
{{ include "tidegate.secretEnv" (dict "env" "SECRET_KEY" "secret" $values.secrets.existingSecret "key" $values.secrets.secretKeyKey) }}
{{- end }}
{{- if has .service (list "ingest" "query") }}
{{ include "tidegate.secretEnv" (dict "env" "PSEUDONYM_SECRET" "secret" $values.secrets.existingSecret "key" $values.secrets.pseudonymSecretKey) }}
{{- end }}
{{- if has .service (list "ingest" "aggregator" "query") }}
{{ include "tidegate.secretEnv" (dict "env" "FIELD_KEYS" "secret" $values.secrets.existingSecret "key" $values.secrets.fieldKeysKey) }}
{{- end }}
{{- with $values.secrets.profileTokenKey }}
{{ include "tidegate.secretEnv" (dict "env" "PROFILE_TOKEN" "secret" $values.secrets.existingSecret "key" .) }}
{{- end }}
{{- if or (eq .service "gateway") (eq .service "query") }}
- name: INGEST_URL
  value: http://{{ include "tidegate.fullname" .root }}-ingest:8001
{{- end }}
{{- if eq .service "gateway" }}
- name: QUERY_URL
  value: http://{{ include "tidegate.fullname" .root }}-query:8002
{{- end }}
{{- if eq .service "gateway" }}
{{- include "tidegate.tlsEnv" .root }}
{{- include "tidegate.redirectEnv" .root }}
{{- end }}
{{- if eq .service "aggregator" }}
- name: DEDUP_MEMORY_MB
  value: {{ $values.aggregator.dedupMemoryMb | quote }}
- name: DEDUP_WINDOW_HOURS
  value: {{ $values.aggregator.dedupWindowHours | quote }}
{{- end }}
{{- if eq .service "query" }}
{{- with $values.database.replicaUrlKey }}
{{ include "tidegate.secretEnv" (dict "env" "DATABASE_REPLICA_URL" "secret" $values.database.existingSecret "key" .) }}
{{- end }}
- name: DATABASE_CONNECTIONS
  value: {{ $values.query.databaseConnections | quote }}
{{- include "tidegate.queryStoresEnv" .root }}
{{- end }}
- name: NODE_OPTIONS
  value: --max-old-space-size={{ include "tidegate.heapMb" . }}
{{- $settings := (get $values .service).settings }}
{{- if and (eq .service "gateway") $values.cdn.enabled }}
{{- $proxies := concat $values.cdn.ranges (compact (list (get $settings "TRUSTED_PROXIES"))) }}
{{- $settings = set (deepCopy $settings) "TRUSTED_PROXIES" (join "," $proxies) }}
{{- end }}
{{- range $name, $value := $settings }}
- name: {{ $name }}
  value: {{ include "tidegate.text" $value | quote }}
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* How a service is started; of query's young objects few outlive a request, so they are collected rarely. Takes its name. */}}
{{- define "tidegate.serviceArgs" -}}
{{- $args := list (printf "services/%s/src/main.ts" .) -}}
{{- if eq . "query" }}{{ $args = prepend $args "--max-semi-space-size=32" }}{{ end -}}
{{- toJson $args -}}
{{- end }}

{{/* Containers that bring schema and topics up to date, one after the other. Takes root. */}}
{{- define "tidegate.migrationContainer" -}}
- name: {{ .name }}
  image: {{ include "tidegate.image" .root }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: {{ prepend .args "packages/cli/src/main.ts" | toJson }}
  {{- if eq .root.Values.migrations.mode "initContainer" }}
  envFrom:
    - configMapRef:
        name: {{ include "tidegate.fullname" .root }}-config
  {{- end }}
  env:
    {{- if eq .root.Values.migrations.mode "hook" }}
    {{- /* A hook runs before the config map is there. */}}
    {{- range $name, $value := include "tidegate.kafkaSettings" .root | fromYaml }}
    - name: {{ $name }}
      value: {{ $value | quote }}
    {{- end }}
    {{- end }}
    {{- include "tidegate.storesEnv" .root | nindent 4 }}
    {{- with .root.Values.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  resources:
    {{- toYaml .root.Values.migrations.resources | nindent 4 }}
  securityContext:
    {{- include "tidegate.containerSecurity" .root | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    {{- with .root.Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "tidegate.schemaContainer" -}}
{{ include "tidegate.migrationContainer" (dict "root" . "name" "schema" "args" (list "db" "migrate")) }}
{{- end }}

{{- define "tidegate.topicsContainer" -}}
{{ include "tidegate.migrationContainer" (dict "root" . "name" "topics" "args" (list "topics" "ensure" "--partitions" (toString (int .Values.kafka.partitions)) "--replication" (toString (int .Values.kafka.replication)))) }}
{{- end }}

{{- define "tidegate.volumes" -}}
- name: tmp
  emptyDir: {}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tidegate.spread" -}}
{{- $pod := . -}}
{{- range $key, $topology := dict "zone" "topology.kubernetes.io/zone" "host" "kubernetes.io/hostname" }}
{{- $mode := get $pod.root.Values.topologySpread $key }}
{{- if ne $mode "none" }}
- maxSkew: 1
  topologyKey: {{ $topology }}
  whenUnsatisfiable: {{ $mode }}
  labelSelector:
    matchLabels:
      {{- include "tidegate.selector" $pod | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}
{{- end }}
