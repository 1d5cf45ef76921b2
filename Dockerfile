FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /amqpd ./cmd/amqpd && mkdir /data

FROM scratch
COPY --from=build /amqpd /amqpd
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 5672
ENTRYPOINT ["/amqpd", "--data-dir", "/data"]
