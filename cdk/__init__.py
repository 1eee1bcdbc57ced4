"""The AWS resources of a deployment, from one short file to CloudFormation templates.

`config` reads and checks the file, `network`, `data`, `edge`, `services` and `operations` hold the
constructs, `stacks` lets them meet, `deployment` builds the whole app and `validation` judges it.
Nothing here imports `services`: a deployment knows the services by their images, ports, settings'
names and the calls they make.
"""

from cdk.node import use_packaged_node

use_packaged_node()
