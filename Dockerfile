# The service and its command line. Built from source; runs without root, needs no shell, fits a read-only file system.
#   docker build -t ledger .
# Other base images than Microsoft's: --build-arg SDK_IMAGE=… --build-arg RUNTIME_IMAGE=…
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src src
# What links the client; where it can't be had the image works without.
RUN if command -v apt-get >/dev/null; then \
      { apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev zlib1g-dev && rm -rf /var/lib/apt/lists/*; } || echo "no compiler to be had here" >&2; \
    fi
# Compiled ahead for this machine's kind: it starts in half the processor time.
RUN dotnet publish src/Ledger.Service -c Release -o /app --use-current-runtime --no-self-contained -p:UseAppHost=false -p:PublishReadyToRun=true --nologo -nodeReuse:false \
 && mkdir -p -m 700 /new/data
# The client to machine code, since the health check starts it every ten seconds; else ahead like the service. Either way it is one program at one place.
RUN dotnet publish src/Ledger.Cli -c Release -o /app/client --use-current-runtime -p:Native=true --nologo -nodeReuse:false \
 || { rm -rf /app/client && dotnet publish src/Ledger.Cli -c Release -o /app/client --use-current-runtime --no-self-contained -p:PublishReadyToRun=true --nologo -nodeReuse:false; } \
 && rm -f /app/client/*.dbg /app/client/*.xml \
 && mkdir /links && ln -s /app/client/Ledger.Cli /links/ledger

FROM ${RUNTIME_IMAGE}
# A number, so that the image needs no entry in /etc/passwd and an orchestrator can see that it is not root.
ARG UID=7171
# The folder in its folder: what is copied by itself would be open to everybody.
COPY --from=build --chown=${UID}:${UID} /new /
COPY --from=build /app /app
COPY --from=build /links /usr/local/bin
USER ${UID}:${UID}
# No debugger socket and no dumps: the memory holds billing keys. The address is this container's own; LEDGER_BIND opens it.
ENV DOTNET_EnableDiagnostics=0 DOTNET_GCgen0size=0x400000 \
    HOME=/data \
    LEDGER_HOME=/data \
    LEDGER_URL=http://127.0.0.1:7171 \
    LEDGER_BIND=0.0.0.0
VOLUME /data
EXPOSE 7171
WORKDIR /app
# Asks the running service with the token in the data folder: 0 when it answers, else not healthy.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/app/client/Ledger.Cli", "status", "--json"]
ENTRYPOINT ["dotnet", "/app/Ledger.Service.dll"]
