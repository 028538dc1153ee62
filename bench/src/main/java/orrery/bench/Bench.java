package orrery.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import orrery.bench.capacity.CapacityBench;
import orrery.bench.cluster.ClusterBench;
import orrery.bench.defaults.DefaultsBench;
import orrery.bench.factor.FactorBench;
import orrery.bench.informed.InformedBench;
import orrery.bench.keyed.KeyedBench;
import orrery.bench.kinds.KindsBench;
import orrery.bench.linear.LinearBench;
import orrery.bench.nets.NetsBench;
import orrery.bench.parsing.ParsingBench;
import orrery.bench.poseidon.PoseidonBench;
import orrery.bench.rank.RankBench;
import orrery.bench.reader.ReaderBench;
import orrery.bench.schedulers.SchedulersBench;
import orrery.bench.soak.SoakBench;
import orrery.bench.sparse.SparseSspBench;
import orrery.bench.stages.StagesBench;
import orrery.bench.staleness.StalenessBench;
import orrery.bench.start.StartBench;
import orrery.bench.table.HeapBench;
import orrery.bench.table.TableBench;
import orrery.bench.topics.TopicsBench;
import orrery.bench.wire.WireBench;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code orrery bench} command. */
@Command(
        name = "orrery bench",
        mixinStandardHelpOptions = true,
        subcommands = {
            TableBench.class,
            HeapBench.class,
            LinearBench.class,
            WireBench.class,
            RankBench.class,
            InformedBench.class,
            StalenessBench.class,
            FactorBench.class,
            ClusterBench.class,
            SparseSspBench.class,
            StagesBench.class,
            SchedulersBench.class,
            ReaderBench.class,
            KindsBench.class,
            ParsingBench.class,
            DefaultsBench.class,
            SoakBench.class,
            StartBench.class,
            CapacityBench.class,
            KeyedBench.class,
            TopicsBench.class,
            NetsBench.class,
            PoseidonBench.class
        },
        description = "Measures a claim: ours, the peer's and the ratio from the same run.")
public final class Bench implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    public static void main(String[] args) throws IOException {
        var crew = Crew.here();
        var out = crew == null ? new PrintWriter(System.out, true, StandardCharsets.UTF_8) : crew.out();
        System.exit(new CommandLine(new Bench()).setOut(out).execute(args));
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "which claim? table, heap, linear, wire, rank, informed, staleness, factor, cluster, sparse-ssp, stages, schedulers, reader, kinds, parsing, defaults, soak, start, capacity, keyed, topics, nets, poseidon or spark");
    }
}
