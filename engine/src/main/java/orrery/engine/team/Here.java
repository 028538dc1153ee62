package orrery.engine.team;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import orrery.engine.event.MemberLostException;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.keep.Locals;
import orrery.engine.launch.Threads;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Homes;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.table.Node;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;

/** Tables and workers in this JVM: direct calls, no copies. */
public final class Here implements Site {
    private final Run run;
    private final Threads threads;
    private final Node node;
    private final List<RunEvent> told = new ArrayList<>();

    public Here(Run run, Threads threads) {
        this.run = run;
        node = new Node(run.ticker());
        this.threads = threads;
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public void open(List<TableSpec> tables, Optional<Checkpoint> from) throws IOException {
        if (!tables.isEmpty()) {
            told.add(Memory.checked(
                    tables,
                    new Placement(0, List.of(Placement.COORDINATOR)),
                    run.workers(),
                    Runtime.getRuntime().maxMemory(),
                    run.checkpoints().isPresent() ? node.mostCopied() : 0));
        }
        tables.forEach(node::create);
        if (from.isPresent()) {
            from.get().restoreTables(node);
        }
    }

    @Override
    public Team begin(
            int number,
            Stage stage,
            Homes homes,
            long clock,
            Optional<Checkpoint> restored,
            List<RunEvent.CutReached> history) {
        int workers = homes.workers();
        node.begin(workers, clock, run.waitLimit());
        var team =
                new StageRun(stage, clock, run, node, restored.map(Locals::of).orElse(Locals.NONE), 0, workers);
        team.start(threads);
        return team;
    }

    @Override
    public void recover(MemberLostException lost) {
        throw lost; // there are no members
    }

    @Override
    public List<RunEvent> toTell() {
        var all = List.copyOf(told);
        told.clear();
        return all;
    }

    @Override
    public void conclude(Conclusion conclusion) throws IOException {
        conclusion.conclude(node, conclusion.write(node, 0, 1));
    }

    @Override
    public void finish() {}

    @Override
    public void close() {}
}
