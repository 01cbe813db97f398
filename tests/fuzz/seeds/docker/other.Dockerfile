FROM alpine:3.20@sha256:beefdbd8a1da6d2915566fde36db9db0b524eb737fc57cd1367effd16dc0d06d
ENV API_TOKEN=changeme PASSWORD="hunter2hunter2"
RUN apk add --no-cache curl && adduser -D -u 10001 app # hullcheck: ignore[pkg-unpinned] until=2030-01-01 reason="r"
USER app
