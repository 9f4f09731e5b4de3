# The service and its command line. Built from source; runs without root, needs no shell, fits a read-only file system.
#   docker build -t ledger .
# Other base images than Microsoft's: --build-arg SDK_IMAGE=… --build-arg RUNTIME_IMAGE=…
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src src
# Compiled ahead for this machine's kind: it starts in half the processor time.
RUN for project in Ledger.Service Ledger.Cli; do \
      dotnet publish src/$project -c Release -o /app --use-current-runtime --no-self-contained -p:UseAppHost=false -p:PublishReadyToRun=true --nologo -nodeReuse:false || exit 1; \
    done \
 && mkdir -p -m 700 /new/data

FROM ${RUNTIME_IMAGE}
# A number, so that the image needs no entry in /etc/passwd and an orchestrator can see that it is not root.
ARG UID=7171
# The folder in its folder: what is copied by itself would be open to everybody.
COPY --from=build --chown=${UID}:${UID} /new /
COPY --from=build /app /app
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
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["dotnet", "/app/Ledger.Cli.dll", "status", "--json"]
ENTRYPOINT ["dotnet", "/app/Ledger.Service.dll"]
