package orrery.table;

import orrery.table.spec.TableSpec;

/** Where workers run: on one node or on several. */
interface Place {
    void create(TableSpec spec);

    void run(int workers, Nodes.Body body);

    record Alone(Node node) implements Place {
        @Override
        public void create(TableSpec spec) {
            node.create(spec);
        }

        @Override
        public void run(int workers, Nodes.Body body) {
            Sessions.run(node, workers, session -> body.run(session, node));
        }
    }

    class Among implements Place {
        private final Nodes nodes;

        Among(Nodes nodes) {
            this.nodes = nodes;
        }

        @Override
        public void create(TableSpec spec) {
            nodes.create(spec);
        }

        @Override
        public void run(int workers, Nodes.Body body) {
            nodes.run(workers, body);
        }
    }
}
