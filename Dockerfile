# One binary on nothing but the C library, run by nobody in particular.
#
#   docker build -t towpath --build-arg TOWPATH_COMMIT="$(git rev-parse HEAD)" .
#   docker run -p 8080:8080 -v "$PWD/route-table.yaml:/etc/towpath/route-table.yaml:ro" towpath
#
# In a container the listeners must be open to the outside: `address: 0.0.0.0:8080`. Probes ask the admin port, which
# must then be open too (`proxy: {admin: 0.0.0.0:15000}`): /startup, /live and /ready.
FROM rust:1.95-bookworm AS build
WORKDIR /towpath
COPY . .
# the build does not see .git
ARG TOWPATH_COMMIT=
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/towpath/target \
    docker/build.sh /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
ENV TOWPATH_CONFIG=/etc/towpath/route-table.yaml
EXPOSE 8080 15000
# SIGTERM, the engine's own, begins the drain
ENTRYPOINT ["/usr/bin/towpath"]
CMD ["proxy"]
